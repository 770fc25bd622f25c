// Builds dist/*.js from src/, prints the sizes, and fails above a budget.
// `node build.mjs DIR` writes to DIR instead of dist.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildSync, transformSync } from "esbuild";

const BUDGETS = { h: 3500, w: 1300, chat: 12_000 }; // bytes, gzipped

const here = new URL(".", import.meta.url);
const target = process.argv[2] ?? new URL("dist", here).pathname;
const text = (path) => readFileSync(new URL(path, here), "utf8");

mkdirSync(target, { recursive: true });
const css = transformSync(text("src/chat/chat.css"), { loader: "css", minify: true }).code;
for (const [name, budget] of Object.entries(BUDGETS)) {
  const { outputFiles } = buildSync({
    entryPoints: [new URL(`src/${name}.js`, here).pathname],
    bundle: true,
    write: false,
    format: "iife",
    minify: true,
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    define: name === "chat" ? { CHAT_CSS: JSON.stringify(css.trim()) } : {},
  });
  const code = outputFiles[0].text;
  const size = gzipSync(code, { level: 9 }).length;
  writeFileSync(`${target}/${name}.js`, code);
  console.log(`${name}.js: ${code.length} bytes, ${size} gzipped (budget ${budget})`);
  if (size > budget) process.exitCode = 1;
}

// Lets a test see, without Node, that no source has gone on alone.
const sources = readdirSync(new URL("src", here), { recursive: true })
  .filter((path) => /\.(js|css)$/.test(path))
  .sort();
const sums = sources.map(
  (path) => `${createHash("sha256").update(text(`src/${path}`)).digest("hex")}  ${path}\n`,
);
writeFileSync(`${target}/source.sha256`, sums.join(""));
