"""Texts that strangers send to harm who reads them: they must show as they stand and do nothing.

What would run sets `window.pwned`, what would load asks `OUTSIDE`, and what would become markup
carries `hz-pwn`; `FOUND` looks for all of that in a page, shadow roots included.
"""

from __future__ import annotations

OUTSIDE = "http://127.0.0.1:9"
"""A host that is not ours; nobody listens there."""

_RUN = "window.pwned=1"

MARKUP = [
    f"<script>{_RUN}</script>",
    f"<img src={OUTSIDE}/i.png onerror={_RUN}>",
    f"<svg onload={_RUN}><hz-pwn>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
    f"</title></textarea></style></script><script>{_RUN}</script>",
    f"\"><img src=x onerror={_RUN}><a title='",
    f"' autofocus onfocus={_RUN} x='",
    f"--><hz-pwn style='background:url({OUTSIDE}/c.png)'><!--",
    f'<a href="javascript:{_RUN}" class=hz-pwn>hz-pwn</a>',
    f"<math><mtext></p><mglyph><style><img src=x onerror={_RUN}>",
    "&lt;img src=x onerror=window.pwned=1&gt;",
]
SCHEMES = [
    f"javascript:{_RUN}//",
    f"data:text/html,<script>{_RUN}</script>",
    f" \tJaVaScRiPt:{_RUN}",
    f"//{OUTSIDE.removeprefix('http://')}/x",
]
DIRECTIVES = [
    f"[hz-link](javascript:{_RUN}) [hz-link]({OUTSIDE}/)",
    f"![hz-image]({OUTSIDE}/x.png)",
    "**hz-bold** _hz-bold_ ~~hz-bold~~ `hz-code`",
    ":red[hz-red] :red-background[hz-red] :blue-badge[hz-red]",
    ":material/bolt: :smile: :streamlit:",
    "$hz-math$ $$\\frac{1}{2}$$",
    "# hz-head",
    "| hz | table |",
]
EXPRESSIONS = [
    f"@@=constructor.constructor('{_RUN}')()",
    "@@=((",
    "@@#GL.NONE",
    "{title} {{title}} {% raw %} ${window.pwned=1} %(name)s %s",
    f"<b>{{line}}</b><img src=x onerror={_RUN}>",
]
FORMULAS = [
    f'=HYPERLINK("{OUTSIDE}","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|'x'!A0",
    "-2+3",
]
SHAPES = [
    "\u202egnp.exe\u202c \u2066left\u2069",
    "zero\u200bwidth\u200d\ufeffjoiner\u00adsoft",
    "nul\x00bell\x07escape\x1b[31m\x7f",
    "W" * 2000,
    "Z" + "\u0335\u0353\u0320\u0489\u0315\u035b" * 30 + "algo",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f1fa\U0001f1ff" * 20,
    "مرحبا بالعالم שלום עולם",
    "\ud7ff\ufffd\uffff",
    "line one\nline two\r\n\tthree",
    "' OR 1=1; DROP TABLE visitors; --",
]

CORPUS = [*MARKUP, *SCHEMES, *DIRECTIVES, *EXPRESSIONS, *FORMULAS, *SHAPES]

_INTACT = {
    "hz-link": "[hz-link](",
    "hz-image": "![hz-image](",
    "hz-bold": "_hz-bold_",
    "hz-code": "`hz-code`",
    "hz-red": ":red[hz-red]",
    "hz-math": "$hz-math$",
    "hz-head": "# hz-head",
}
"""Words, and the text that must stand around them wherever they show."""

FOUND = """intact => {
  const found = [];
  const visit = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const is = (selector) => node.matches(selector);
      const tell = () => found.push(node.outerHTML.slice(0, 200));
      if (node.localName === "hz-pwn" || node.classList.contains("hz-pwn")) tell();
      if (is("iframe, object, embed, base, .katex, mtext, mglyph")) tell();
      if (is("script") && /pwned/.test(node.textContent)) tell();
      for (const { name, value } of node.attributes) {
        if (name.startsWith("on")) tell();
        if (/^(href|src|action|formaction|xlink:href|srcset|poster)$/.test(name)
            && (/^\\s*(javascript|vbscript):/i.test(value) || /^data:text/i.test(value)
                || value.includes("127.0.0.1:9"))) tell();
        if (name === "style" && value.includes("127.0.0.1:9")) tell();
      }
      if (is("[data-testid=stIconMaterial]") && node.textContent === "bolt") tell();
      for (const child of node.childNodes) {
        if (child.nodeType !== 3 || is("script, style, pre, code")) continue;
        for (const [word, whole] of Object.entries(intact)) {
          if (child.data.includes(word) && !child.data.includes(whole)
              && !/<|…/.test(child.data)) found.push(`${word}: ${child.data.slice(0, 200)}`);
        }
      }
      if (node.shadowRoot) visit(node.shadowRoot);
    }
  };
  visit(document);
  if (window.pwned) found.push("it ran");
  return found;
}"""

OUT_OF_BOX = """() => {
  const found = [];
  // An icon of Streamlit's is a word in a font that draws it as one sign; the value of a slider
  // stands over its thumb.
  const OWN = "[data-testid=stIconMaterial], [data-testid=stSliderThumbValue] *";
  const up = (node) => node.assignedSlot || node.parentElement
    || (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
  const seen = (style) => style.visibility !== "hidden" && Number(style.opacity) > 0;
  const range = document.createRange();
  const look = (text, owner) => {
    range.selectNodeContents(text);
    let { left, right, width, height } = range.getBoundingClientRect();
    if (width < 2 || height < 2 || !seen(getComputedStyle(owner))) return;
    let framed = false;
    for (let at = owner; at && at !== document.documentElement; at = up(at)) {
      const style = getComputedStyle(at);
      if (style.display === "inline" || style.display === "contents") continue;
      const box = at.getBoundingClientRect();
      // A text for screen readers alone is cut to nothing.
      if (style.clipPath !== "none" || style.clip !== "auto") return;
      if (style.overflowX !== "visible") {
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
        framed = true;
      } else if (!framed && (parseFloat(style.borderRightWidth) > 0
          || !/(, 0\\)|transparent)$/.test(style.backgroundColor))) {
        framed = true;
        if (right > box.right + 2 || left < box.left - 2) {
          found.push(`${at.localName}.${at.className}: ${text.data.slice(0, 60)}`);
        }
      }
      if (right <= left) return;
    }
    if (right > innerWidth + 2 || left < -2) {
      found.push(`window: ${owner.localName}.${owner.className}: ${text.data.slice(0, 60)}`);
    }
  };
  const visit = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (!/^(script|style|title|option)$/.test(node.localName)) {
        for (const child of node.childNodes) {
          if (child.nodeType !== 3 || node.matches(OWN)) continue;
          if (child.data.trim()) look(child, node);
        }
      }
      if (node.shadowRoot) visit(node.shadowRoot);
    }
  };
  visit(document.body);
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`the page is ${wide} wide`);
  return found;
}"""


def intact() -> dict[str, str]:
    """Return what `FOUND` is given."""
    return dict(_INTACT)


def letters(most: int = 500) -> list[str]:
    """Return the corpus as few messages of at most `most` characters, a text a line."""
    found = [""]
    for text in CORPUS:
        line = " ".join(text.replace("\x00", "").split())[:most]
        if len(found[-1]) + len(line) >= most:
            found.append("")
        found[-1] = f"{found[-1]}\n{line}".strip()
    return found
