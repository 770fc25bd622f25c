// The shop: one page, many views. The address holds the view, so that back, forward and reload work.
(() => {
  const ART = new URL("../art.svg", document.currentScript.src).pathname;
  const GOODS = [
    ["olma", "Olma, Semerenko", "mevalar", 18000, "kg", "Sharbatli va nordon, Fargʻona bogʻlaridan."],
    ["gilos", "Gilos", "mevalar", 42000, "kg", "Toʻq qizil, yirik. Mavsum qisqa: may oxiri, iyun."],
    ["qovun", "Qovun, Torpeda", "mevalar", 25000, "dona", "Oʻrtacha besh kilo. Shirin boʻlmasa, qaytarib olamiz."],
    ["pomidor", "Pomidor", "sabzavotlar", 14000, "kg", "Issiqxonada emas, ochiq dalada pishgan."],
    ["guruch", "Guruch, Lazer", "quruq", 28000, "kg", "Palovbop. Xorazmdan, yangi hosil."],
    ["non", "Toshkent noni", "non", 4000, "dona", "Tandirdan uzilganiga ikki soat boʻlmagan."],
    ["sut", "Sut 3,2%", "sut", 13000, "litr", "Pasterlangan, besh kun saqlanadi."],
    ["tuxum", "Tuxum", "sut", 16000, "10 dona", "Yirik, birinchi nav."],
    ["choy", "Koʻk choy, №95", "quruq", 12000, "100 g", "Achchiqroq, palovdan keyin ayni muddao."],
  ].map(([id, name, kind, price, unit, text]) => ({ id, name, kind, price, unit, text }));
  const KINDS = {
    "": "Hammasi",
    mevalar: "Mevalar",
    sabzavotlar: "Sabzavotlar",
    non: "Non",
    sut: "Sut va tuxum",
    quruq: "Quruq mahsulot",
  };
  const shop = document.querySelector("#shop");
  const money = (sum) => `${String(sum).replace(/\B(?=(\d{3})+$)/g, "\u00a0")}\u00a0soʻm`;

  let cart = {};
  try {
    cart = JSON.parse(localStorage.chaqqon_cart || "{}");
  } catch {}
  const saveCart = () => {
    try {
      localStorage.chaqqon_cart = JSON.stringify(cart);
    } catch {}
  };
  const chosen = () => GOODS.filter(({ id }) => cart[id] > 0);
  const count = () => chosen().reduce((sum, { id }) => sum + cart[id], 0);
  const total = () => chosen().reduce((sum, { id, price }) => sum + cart[id] * price, 0);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const tile = (id) => {
    const box = make("div", { class: "tile" });
    box.innerHTML = `<svg aria-hidden="true"><use href="${ART}#${id}"/></svg>`;
    return box;
  };
  const link = (query, className, text) =>
    make("a", { href: query ? `?${query}` : location.pathname, class: className, "data-route": "" }, text);
  const buyButton = ({ id, price }, className = "button slim add") => {
    const button = make(
      "button",
      {
        type: "button",
        class: className,
        "data-hozir-event": "add_to_cart",
        "data-hozir-product": id,
        "data-hozir-price": price,
      },
      cart[id] ? `Savatda: ${cart[id]}` : "Savatga",
    );
    button.addEventListener("click", () => {
      cart[id] = (cart[id] || 0) + 1;
      saveCart();
      button.textContent = `Savatda: ${cart[id]}`;
      showCount();
    });
    return button;
  };
  const cartLink = () => link("view=savat", "button plain slim cart-link", `Savat (${count()})`);
  const showCount = () => {
    const shown = shop.querySelector(".cart-link");
    if (shown) shown.textContent = `Savat (${count()})`;
  };
  const head = (title, ...more) =>
    make("div", { class: "shop-head" }, make("h1", {}, title), make("div", { class: "row" }, ...more));

  const catalogue = (kind) => {
    const chips = make("nav", { class: "chips", "aria-label": "Boʻlimlar" });
    for (const [key, name] of Object.entries(KINDS)) {
      const chip = link(key && `bolim=${key}`, "chip", name);
      if (key === kind) chip.setAttribute("aria-current", "true");
      chips.append(chip);
    }
    const goods = make("div", { class: "goods" });
    for (const good of GOODS)
      if (!kind || good.kind === kind)
        goods.append(
          make(
            "article",
            { class: "card good" },
            tile(good.id),
            link(`p=${good.id}`, "name", good.name),
            make("span", { class: "small" }, good.unit),
            make("div", { class: "buy" }, make("b", {}, money(good.price)), buyButton(good)),
          ),
        );
    return [
      kind ? KINDS[kind] : "Katalog",
      head(kind ? KINDS[kind] : "Katalog", link("view=profil", "button plain slim", "Profil"), cartLink()),
      chips,
      goods,
    ];
  };

  const detail = (good) => [
    good.name,
    make(
      "div",
      { class: "detail" },
      tile(good.id),
      make(
        "div",
        {},
        link("", "back", "Katalogga qaytish"),
        make("h1", {}, good.name),
        make("p", { class: "lead" }, good.text),
        make("p", {}, make("b", {}, money(good.price)), ` / ${good.unit}`),
        make("div", { class: "row" }, buyButton(good, "button add"), cartLink()),
      ),
    ),
  ];

  const basket = () => {
    const lines = chosen().map((good) => {
      const remove = make("button", { type: "button", class: "link-button remove" }, "Olib tashlash");
      remove.addEventListener("click", () => {
        delete cart[good.id];
        saveCart();
        show();
      });
      return make(
        "div",
        { class: "line" },
        tile(good.id),
        make("span", {}, `${good.name} × ${cart[good.id]}`),
        make("b", {}, money(good.price * cart[good.id])),
        remove,
      );
    });
    if (!lines.length)
      return ["Savat", head("Savat"), make("p", { class: "lead" }, "Savat hali boʻsh."), link("", "button", "Katalogga oʻtish")];
    const order = make("button", { type: "button", class: "button checkout" }, "Buyurtma berish");
    order.addEventListener("click", () => {
      hozir("event", "order", { total: total(), items: count() });
      cart = {};
      saveCart();
      go("view=rahmat");
    });
    return [
      "Savat",
      head("Savat", link("", "button plain slim", "Katalog")),
      ...lines,
      make("div", { class: "sum" }, make("span", {}, "Jami"), make("span", {}, money(total()))),
      order,
    ];
  };

  const thanks = () => [
    "Rahmat",
    head("Rahmat!"),
    make("p", { class: "lead" }, "Haqiqiy doʻkonda kuryer hozir yoʻlga chiqardi. Bu namoyish: pul soʻralmaydi."),
    link("", "button", "Yana xarid"),
  ];

  const profile = () => {
    const button = make("button", { type: "button", class: "button sign-in" }, "Namuna mijoz boʻlib kirish");
    button.addEventListener("click", () => {
      hozir("identify", { id: "demo-1", name: "Aziza Karimova", email: "aziza@chaqqon.example" });
      button.textContent = "Kirdingiz: Aziza Karimova";
      button.disabled = true;
    });
    return [
      "Profil",
      head("Profil", link("", "button plain slim", "Katalog")),
      make("p", { class: "lead" }, "Kirgan mijozni jamoa panelda ismi bilan koʻradi."),
      button,
    ];
  };

  const view = () => {
    const query = new URLSearchParams(location.search);
    const good = GOODS.find(({ id }) => id === query.get("p"));
    if (good) return detail(good);
    const named = { savat: basket, rahmat: thanks, profil: profile }[query.get("view")];
    if (named) return named();
    const kind = query.get("bolim");
    return catalogue(Object.hasOwn(KINDS, kind ?? "") ? (kind ?? "") : "");
  };
  const show = () => {
    const [title, ...elements] = view();
    document.title = `${title} — Chaqqon Market`;
    shop.replaceChildren(...elements);
  };
  const go = (query) => {
    history.pushState(null, "", query ? `?${query}` : location.pathname);
    show();
    scrollTo(0, 0);
  };

  document.addEventListener("click", (event) => {
    const route = event.target.closest("a[data-route]");
    if (!route || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(route.search.slice(1));
  });
  addEventListener("popstate", show);
  show();
})();
