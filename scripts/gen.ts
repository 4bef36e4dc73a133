/*
 * Writes what is derived from the sources: the list of actions, the reference, the brief's JSON Schema.
 * `--check` writes nothing and fails when a file is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findActions } from "./gen/actions.ts";
import { briefSchemaFile } from "./gen/brief-schema.ts";
import type { GeneratedFile } from "./gen/generated-file.ts";
import { referenceFile, referenceIndexFile } from "./gen/reference.ts";
import { registryFile } from "./gen/registry.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function generate(): Promise<readonly GeneratedFile[]> {
  const actions = await findActions(join(root, "src/actions"));
  const schema = await briefSchemaFile(root);
  return [
    registryFile(actions),
    referenceFile(actions),
    referenceIndexFile(actions, schema !== null),
    ...(schema === null ? [] : [schema]),
  ];
}

function isCurrent(file: GeneratedFile): boolean {
  try {
    return readFileSync(join(root, file.path), "utf8") === file.text;
  } catch {
    return false;
  }
}

const stale = (await generate()).filter((file) => !isCurrent(file));
if (process.argv.includes("--check")) {
  for (const file of stale) process.stderr.write(`${file.path}: not current\n  to mend it: npm run gen\n`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const file of stale) {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    writeFileSync(join(root, file.path), file.text);
    process.stdout.write(`${file.path}: written\n`);
  }
  if (stale.length === 0) process.stdout.write("everything generated is current\n");
}
