"""What axe-core finds in a page that some people could not use."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "data/axe.min.js"

_CHECK = """async () => {
  // In the line of a tile Streamlit draws a point for the mouse, and no one can give it a name;
  // the tile says in words what the line shows.
  const page = { include: [document], exclude: [["[data-testid=stMetricChart]"]] };
  const found = await axe.run(page, { resultTypes: ["violations"] });
  const told = [];
  for (const { id, impact, nodes } of found.violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    for (const { target, html, any } of nodes) {
      const path = target.flat().join(" ");
      const why = any.map(({ message }) => message).join(" ").slice(0, 160);
      told.push(`${id}: ${html.slice(0, 160)} (${path.slice(-120)}) ${why}`);
    }
  }
  return told;
}"""


def violations(page: Page) -> list[str]:
    """Return what is serious or critical, shadow roots included, a line for each node."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # a script element may not be: see api/content_policy.py
    found: list[str] = page.evaluate(_CHECK)
    return found
