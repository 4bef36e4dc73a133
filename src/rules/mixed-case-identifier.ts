import type { TableView } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import type { Fix } from "../model/finding.ts";
import { ref } from "../model/ref.ts";
import { snakeCase } from "./name-words.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Names shown in a message; the rest are counted. */
const SHOWN_MAX = 5;

const needsQuotes = (name: string): boolean => !/^[\p{Ll}_][\p{Ll}\p{N}_$]*$/u.test(name);

function list(names: readonly string[]): string {
  const more = names.length > SHOWN_MAX ? ` and ${names.length - SHOWN_MAX} more` : "";
  return `${names.slice(0, SHOWN_MAX).join(", ")}${more}`;
}

// Only where each new name is free and needs no quotes itself.
function renaming(of: TableView): readonly Fix[] {
  const taken = new Set(of.columns.map((column) => column.name));
  const changes: Change[] = [];
  for (const column of of.columns) {
    if (!needsQuotes(column.name)) continue;
    const name = snakeCase(column.name);
    if (taken.has(name) || name === "" || needsQuotes(name)) return [];
    taken.add(name);
    const to = ref("column", name, { schema: column.schema, table: column.table });
    changes.push({ type: "rename", before: column, to });
  }
  const title = `rename the columns of ${of.table.name} to lower case; every query changes with them`;
  return changes.length === 0 ? [] : [{ title, safety: "review", changes }];
}

/** Names that need quotes because of their letters. One finding for a table with all its columns. */
export const mixedCaseIdentifier: Rule = rule({
  id: "mixed-case-identifier",
  area: "naming",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["schemalint:name-casing"],
  summary: "A table or its columns have names with capitals, blanks or other signs.",
  why: "PostgreSQL folds what is not quoted to lower case: userId without quotes is userid, which is not there. Whoever writes SQL by hand has to quote every such name, every time; tools that do not quote fail.",
  remedy: "Use lower case with underscores, and let the ORM map names to the style of the language.",
  fix: "review",
  fails: [
    'CREATE TABLE "OrderLine" (id bigint PRIMARY KEY);',
    'CREATE TABLE task (id bigint PRIMARY KEY, "dueAt" timestamptz, "with blank" text, "semi;""colon" text);',
  ],
  passes: ["CREATE TABLE order_line (id bigint PRIMARY KEY, due_at timestamptz, größe integer, a$b integer);"],
  *check({ view }) {
    for (const of of ownTables(view)) {
      const own = needsQuotes(of.table.name);
      const columns = of.columns.filter((column) => needsQuotes(column.name) && !column.inherited);
      if (!own && columns.length === 0) continue;
      const told = list(columns.map((column) => column.name));
      const message =
        columns.length === 0
          ? `table ${of.table.name} must be quoted everywhere because of its letters`
          : `${own ? `table ${of.table.name} and its` : `of ${of.table.name} the`} columns ${told} must be quoted everywhere because of their letters`;
      yield {
        ref: of.table,
        message,
        evidence: [{ what: "names that need quotes", value: columns.length + (own ? 1 : 0) }],
        fixes: renaming(of),
      };
    }
  },
});
