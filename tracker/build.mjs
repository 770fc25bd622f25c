// Builds dist/h.js from src/h.js, prints its size, and fails above the budget.
// `node build.mjs DIR` writes to DIR instead of dist.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { transformSync } from "esbuild";

const BUDGET = 3500;

const here = new URL(".", import.meta.url);
const target = process.argv[2] ?? new URL("dist", here).pathname;
const source = readFileSync(new URL("src/h.js", here));

const { code } = transformSync(source.toString(), {
  minify: true,
  target: "es2020",
  legalComments: "none",
});
const size = gzipSync(code, { level: 9 }).length;

mkdirSync(target, { recursive: true });
writeFileSync(`${target}/h.js`, code);
// Lets a test see, without Node, that the source has not gone on alone.
const sha256 = createHash("sha256").update(source).digest("hex");
writeFileSync(`${target}/source.sha256`, `${sha256}\n`);

console.log(`h.js: ${code.length} bytes, ${size} gzipped (budget ${BUDGET})`);
if (size > BUDGET) process.exit(1);
