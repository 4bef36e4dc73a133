import { kebabCase, pascalCase } from "./scaffold.ts";
import type { Scaffold } from "./scaffold.ts";

const sourceOf = (name: string): string => `import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { TableView } from "../../model/catalog-view.ts";

/** Writes a catalog as ${name}, tables in catalog order. What the format cannot express is named in it. Never throws. */
export function write${pascalCase(name)}(catalog: Catalog): string {
  return \`\${viewOf(catalog).tables.map(tableText).join("\\n")}\\n\`;
}

// Names are hostile text: they are quoted by the format's own rules, whatever they hold.
const quoted = (name: string): string => JSON.stringify(name);

function tableText({ table, columns }: TableView): string {
  return \`\${quoted(table.name)}: \${columns.map((column) => quoted(column.name)).join(", ")}\`;
}
`;

const testOf = (name: string): string => `import { expect, test } from "vitest";
import type { Catalog, ColumnObject, TableObject } from "../../model/catalog.ts";
import { ref } from "../../model/ref.ts";
import { write${pascalCase(name)} } from "./write.ts";

const table = (tableName: string): TableObject => ({
  ...ref("table", tableName, { schema: "public" }),
  kind: "table",
  comment: null,
  dependsOn: [],
  unlogged: false,
  partitionBy: null,
  partitionOf: null,
  inherits: [],
  rowSecurity: { enabled: false, forced: false },
  options: {},
});

const column = (tableName: string, name: string, position: number): ColumnObject => ({
  ...ref("column", name, { schema: "public", table: tableName }),
  kind: "column",
  table: tableName,
  comment: null,
  dependsOn: [],
  position,
  type: "text",
  notNull: true,
  default: null,
  identity: null,
  generated: null,
  collation: null,
  storage: null,
  compression: null,
  statisticsTarget: null,
  inherited: false,
});

function check(objects: Catalog["objects"], expected: string): void {
  expect(write${pascalCase(name)}({ engine: { name: "postgres", version: "18" }, objects, unmodelled: [] })).toBe(expected);
}

test("tables with their columns", () => {
  check([table("task"), column("task", "id", 1), column("task", "title", 2)], '"task": "id", "title"\\n');
});

test("a name that is markup stays a name", () => {
  check([table('a"\\n}'), column('a"\\n}', "--", 1)], '"a\\\\"\\\\n}": "--"\\n');
});
`;

/** A format's writer and its test. A reader is added as `read.ts` where the format can be read. */
export const format: Scaffold = {
  argument: "NAME",
  about: "a text format of a catalog",
  files: (name) => [
    { path: `src/formats/${kebabCase(name)}/write.ts`, text: sourceOf(name) },
    { path: `src/formats/${kebabCase(name)}/write.test.ts`, text: testOf(name) },
  ],
  next: [
    "quote by the format's own rules, and say in the output what it cannot express",
    "offer it in the action that uses it (inspect: --to)",
  ],
};
