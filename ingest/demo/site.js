// Head, foot and the bar that says what this is; the same on every page.
(() => {
  const script = document.currentScript;
  const base = new URL(".", script.src);
  const here = location.pathname.slice(base.pathname.length).split("/")[0];

  const MENU = [
    ["", "Bosh sahifa"],
    ["features", "Imkoniyatlar"],
    ["pricing", "Tariflar"],
    ["blog", "Blog"],
    ["contact", "Aloqa"],
  ];
  const to = (path) => new URL(path && `${path}/`, base).pathname;
  const menu = MENU.map(
    ([path, name]) =>
      `<a href="${to(path)}"${path === here ? ' aria-current="page"' : ""}>${name}</a>`,
  ).join("");

  // The dashboard answers on its own port, or behind a proxy at the root of the same host.
  const dashboard =
    script.dataset.dashboard ||
    (location.port ? `${location.protocol}//${location.hostname}:8001/` : "/");

  document.body.insertAdjacentHTML(
    "afterbegin",
    `<aside class="demo-bar" aria-label="Demo"><div class="wrap">
      <span>Bu — namoyish sayti. Jonli panelni yonida oching va oʻzingizni koʻring.</span>
      <a class="open-dashboard" target="hozir-dashboard">Panelni ochish / Open the dashboard</a>
    </div></aside>
    <header class="head"><div class="wrap">
      <a class="brand" href="${to("")}"><svg aria-hidden="true"><use href="${base.pathname}art.svg#mark"/></svg>Chaqqon Market</a>
      <nav class="menu" aria-label="Asosiy">${menu}</nav>
      <a class="button slim order" href="${to("app")}">Buyurtma</a>
    </div></header>`,
  );
  document.querySelector(".open-dashboard").href = dashboard;
  const current = document.querySelector(".menu [aria-current]");
  if (current) current.parentElement.scrollLeft = current.offsetLeft - 60;

  document.body.insertAdjacentHTML(
    "beforeend",
    `<footer class="foot"><div class="wrap">
      <div><p><b>Chaqqon Market</b><br>Toshkent boʻylab oziq-ovqat, 30 daqiqada.</p>
        <p class="small">Bunday doʻkon yoʻq: bu sayt Hozir qanday ishlashini koʻrsatadi.
        Siz yozgan hech narsa yuborilmaydi.</p></div>
      <div><h3>Doʻkon</h3><ul>
        <li><a href="${to("app")}">Katalog</a></li>
        <li><a href="${to("pricing")}">Tariflar</a></li>
        <li><a class="price-list" href="${to("files")}narxlar.csv" download>Narxlar roʻyxati (CSV)</a></li></ul></div>
      <div><h3>Boshqa</h3><ul>
        <li><a class="map" href="https://www.openstreetmap.org/#map=12/41.3111/69.2797" rel="noopener">Xaritada Toshkent</a></li>
        <li><a href="${to("contact")}">Yozing</a></li>
        <li><button class="link-button opt-out" type="button">Meni kuzatmang</button></li></ul></div>
    </div></footer>`,
  );
  const out = document.querySelector(".opt-out");
  out.addEventListener("click", () => {
    hozir("optOut");
    out.textContent = "Kuzatilmaysiz";
    out.disabled = true;
  });
})();
