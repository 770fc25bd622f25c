// Whether a run of the page, asked for by nobody, may come now. Each carries the address that the
// browser has, and ends the run before it: while an answer is on its way, it would undo what was
// just clicked.

const LONGEST = 10000; // ms that an answer is waited for

// What the address is to say once the last click is answered: { visitor, until }.
let awaited = null;

// Somebody asked for a visitor to be opened.
export function awaitVisitor(visitor) {
  awaited = { visitor: String(visitor), until: Date.now() + LONGEST };
}

export function settled() {
  const visitor = new URLSearchParams(location.search).get("visitor");
  if (awaited && (awaited.visitor === visitor || awaited.until < Date.now())) awaited = null;
  const app = document.querySelector("[data-testid=stApp]");
  const runs = app && app.dataset.testScriptState !== "notRunning";
  // A drawer that was closed is gone from the screen at once, from the address only with the answer.
  // While one is open it must not be drawn anew, and nobody needs what lies under it.
  return !awaited && !runs && !visitor;
}
