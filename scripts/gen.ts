/*
 * Writes what is derived from the sources: the lists of actions and rules, the reference, the JSON Schemas.
 * `--check` writes nothing and fails when a file is not what it would write.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findActions } from "./gen/actions.ts";
import { briefSchemaFile } from "./gen/brief-schema.ts";
import { configurationSchemaFile } from "./gen/configuration-schema.ts";
import { equivalentsFile } from "./gen/equivalents.ts";
import type { GeneratedFile } from "./gen/generated-file.ts";
import { referenceFile, referenceIndexFile } from "./gen/reference.ts";
import { registryFile } from "./gen/registry.ts";
import { findLintRules, lintRuleFiles, lintRuleRows } from "./gen/lint-rules.ts";
import { findRules, ruleFiles } from "./gen/rules.ts";
import { SURFACES } from "../src/surfaces/registry.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function generate(): Promise<readonly GeneratedFile[]> {
  const actions = await findActions(join(root, "src/actions"));
  const schema = await briefSchemaFile(root);
  const configuration = await configurationSchemaFile(root);
  const rules = await findRules(join(root, "src/rules"));
  const lintRules = await findLintRules(join(root, "src/lint/rules"));
  return [
    registryFile(actions),
    referenceFile(actions, await Promise.all(SURFACES.map(({ load }) => load()))),
    referenceIndexFile(actions, schema !== null),
    ...(schema === null ? [] : [schema]),
    ...(configuration === null ? [] : [configuration]),
    ...ruleFiles(rules, lintRuleRows(lintRules)),
    ...lintRuleFiles(lintRules),
    ...(rules.length === 0 ? [] : [equivalentsFile([...rules, ...lintRules])]),
  ];
}

function isCurrent(file: GeneratedFile): boolean {
  try {
    return readFileSync(join(root, file.path), "utf8") === file.text;
  } catch {
    return false;
  }
}

// Folders that hold nothing but generated files: what is left over from a rule or action that went is in the way.
function leftovers(files: readonly GeneratedFile[]): readonly string[] {
  const made = new Set(files.map((file) => file.path));
  return ["docs/rules", "docs/reference"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !made.has(path));
}

const generated = await generate();
const stale = generated.filter((file) => !isCurrent(file));
const extra = leftovers(generated);
if (process.argv.includes("--check")) {
  for (const { path } of stale) process.stderr.write(`${path}: not current\n  to mend it: npm run gen\n`);
  for (const path of extra)
    process.stderr.write(`${path}: made from nothing that is still there\n  to mend it: npm run gen\n`);
  if (stale.length + extra.length > 0) process.exitCode = 1;
} else {
  for (const file of stale) {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    writeFileSync(join(root, file.path), file.text);
    process.stdout.write(`${file.path}: written\n`);
  }
  for (const path of extra) {
    rmSync(join(root, path));
    process.stdout.write(`${path}: removed\n`);
  }
  if (stale.length + extra.length === 0) process.stdout.write("everything generated is current\n");
}
