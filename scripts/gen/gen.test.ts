import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/model/action.ts";
import { findActions } from "./actions.ts";
import type { FoundAction } from "./actions.ts";
import { referenceFile } from "./reference.ts";
import { registryFile } from "./registry.ts";

const found: FoundAction = {
  file: "backup-create.ts",
  exportName: "backupCreate",
  action: action({
    name: "backup create",
    summary: 'Back up "everything"',
    description: "Says how.",
    examples: [{ command: "backup create postgres://localhost/shop", what: "a whole database" }],
    effect: "writes files",
    input: z.object({
      source: z.string().describe("a database"),
      outDir: z.string().optional().describe("where to write, <here> | there"),
      compress: z.boolean().default(true).describe("smaller files"),
      jobs: z.number().int().default(2).describe("how many at once"),
      only: z.array(z.string()).optional().describe("these tables"),
      level: z.enum(["low", "high"]).default("low").describe("how hard"),
    }),
    positionals: ["source"],
    run: async () => null,
    render: () => "",
    exitCode: () => 0,
  }),
};

test("the registry loads an action only when asked, whatever its summary holds", () => {
  const { text } = registryFile([found]);
  expect(text).toContain('load: async () => (await import("./backup-create.ts")).backupCreate,');
  expect(text).toContain('summary: "Back up \\"everything\\""');
});

test("no actions make an empty registry", () => {
  expect(registryFile([]).text).toContain("readonly ActionEntry[] = [];");
});

test("the reference says what the command line takes", () => {
  const { text } = referenceFile([found]);
  for (const part of [
    "| [`backup create`](#backup-create) |",
    "dbwright backup create <source> [options]",
    "| `<source>` | a database; required |  |",
    "| `--out-dir <out-dir>` | where to write, &lt;here> \\| there |  |",
    "| `--no-compress` | smaller files |  |",
    "| `--jobs <number>` | how many at once | `2` |",
    "| `--only <only,…>` | these tables |  |",
    "| `--level <level>` | how hard; one of `low`, `high` | `low` |",
    "# a whole database\ndbwright backup create postgres://localhost/shop",
  ]) {
    expect(text).toContain(part);
  }
});

async function checkFolder(files: Readonly<Record<string, string>>, expected: string | RegExp): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "dbwright-gen-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const names = findActions(folder).then((actions) => actions.map((one) => one.exportName).join(" "));
    if (typeof expected === "string") expect(await names).toBe(expected);
    else await expect(names).rejects.toThrow(expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const model = pathToFileURL(fileURLToPath(new URL("../../src/model/action.ts", import.meta.url))).href;
const source = (exportName: string, name: string): string =>
  `import { action } from ${JSON.stringify(model)};
export const ${exportName} = action({ name: ${JSON.stringify(name)}, summary: "", description: "", examples: [],
  effect: "pure", input: {}, positionals: [], run: async () => 0, render: () => "", exitCode: () => 0 });\n`;

test("actions are found by what they are, tests and the registry left out", () =>
  checkFolder(
    {
      "b-c.ts": source("second", "b c"),
      "a.ts": `${source("first", "a")}export const other = { name: "a" };`,
      "a.test.ts": "throw new Error('a test was loaded');",
      "registry.ts": "throw new Error('the registry was loaded');",
      "source.ts": "export const read = 1;",
    },
    "first second",
  ));

test("a file that is not named after its action is refused", () =>
  checkFolder({ "x.ts": source("first", "a") }, /x\.ts: the action is named "a"; name the file a\.ts/));

test("two actions in a file are refused", () =>
  checkFolder({ "a.ts": source("first", "a") + source("second", "a").split("\n").slice(1).join("\n") }, /two actions/));
