/*
 * npm run new -- action|format|kind|rule|adr NAME: writes the files that such a thing consists of, compiling
 * and with a test, then brings everything generated up to date.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newAction } from "./new/action.ts";
import { adr } from "./new/adr.ts";
import { format } from "./new/format.ts";
import { kind } from "./new/kind.ts";
import { newRule } from "./new/rule.ts";
import { edited, UnusableName } from "./new/scaffold.ts";
import type { Repository, Scaffold } from "./new/scaffold.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const SCAFFOLDS: Readonly<Record<string, Scaffold>> = {
  action: newAction,
  adr,
  format,
  kind,
  rule: newRule,
};

const repository: Repository = {
  exists: (path) => existsSync(join(root, path)),
  list: (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).toSorted() : []),
};

function usage(): string {
  const lines = Object.entries(SCAFFOLDS).map(
    ([what, { argument, about }]) => `  npm run new -- ${`${what} ${argument}`.padEnd(14)} ${about}`,
  );
  return `${lines.join("\n")}\n`;
}

function bring(tool: string, ...words: readonly string[]): void {
  const { status } = spawnSync(join(root, "node_modules/.bin", tool), words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

function make(scaffold: Scaffold, name: string): void {
  const files = scaffold.files(name, repository);
  const taken = files.filter(({ path }) => repository.exists(path));
  if (taken.length > 0) {
    throw new UnusableName(`${taken.map(({ path }) => path).join(", ")}: there already; nothing was written`);
  }
  // All edits are worked out before the first byte is written: one that does not fit leaves nothing behind.
  const changed = new Map<string, string>();
  for (const edit of scaffold.edits?.(name) ?? []) {
    changed.set(edit.path, edited(changed.get(edit.path) ?? readFileSync(join(root, edit.path), "utf8"), edit));
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}: written\n`);
  }
  for (const [path, text] of changed) {
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}: changed\n`);
  }
  const code = [...files.map(({ path }) => path), ...changed.keys()].filter((path) => path.endsWith(".ts"));
  if (code.length > 0) bring("oxfmt", ...code);
  bring("tsx", "scripts/gen.ts");
  process.stdout.write(`next:\n${scaffold.next.map((line) => `  - ${line}\n`).join("")}`);
}

const [what = "", ...words] = process.argv.slice(2);
const scaffold = Object.hasOwn(SCAFFOLDS, what) ? SCAFFOLDS[what] : undefined;
if (scaffold === undefined || words.length === 0) {
  process.stderr.write(usage());
  process.exitCode = 2;
} else {
  try {
    make(scaffold, words.join(" "));
  } catch (error) {
    if (!(error instanceof UnusableName)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
