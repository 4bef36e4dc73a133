import { alter } from "../model/change.ts";
import type { Observation } from "./rule.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Quoted names of an expression, those inside strings left out.
function quotedNames(expression: string): string[] {
  return [...expression.matchAll(/'(?:[^']|'')*'|"((?:[^"]|"")*)"/g)].flatMap(({ 1: name }) =>
    name === undefined ? [] : [name.replaceAll('""', '"')],
  );
}

/** A string in double quotes, which SQLite accepts as long as no column has that name. */
export const doubleQuotedString: Rule = rule({
  id: "double-quoted-string",
  area: "schema",
  severity: "warning",
  engines: ["sqlite"],
  equivalents: [],
  summary: "A string stands in double quotes, which are for names.",
  why: "SQLite takes a quoted name that it cannot find for a string, a courtesy its authors call a mistake. A column of that name, added later, silently changes what the expression means; a misspelt column in a check makes the check compare constants; and builds with SQLITE_DQS=0 refuse the schema.",
  remedy: "Write strings in single quotes.",
  fix: "review",
  fails: [
    'CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT "open");',
    'CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ("open", "done")));',
  ],
  passes: [
    "CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', '\"done\"')));",
    'CREATE TABLE task (id INTEGER PRIMARY KEY, "the state" TEXT NOT NULL CHECK ("The State" <> \'\'));',
  ],
  *check({ view, dialect }): Iterable<Observation> {
    for (const { table, columns, constraints } of ownTables(view)) {
      const known = new Set([table.name, ...columns.map((column) => column.name)].map((name) => name.toLowerCase()));
      for (const column of columns) {
        const [name] = column.default === null ? [] : quotedNames(column.default);
        if (name === undefined) continue;
        const isWhole = column.default === `"${name.replaceAll('"', '""')}"`;
        const changes = [alter(column, { default: dialect.literal(name) })];
        yield {
          ref: column,
          message: `the default of ${table.name}.${column.name} is a string in double quotes`,
          fixes: isWhole ? [{ title: "write it in single quotes", safety: "review", changes }] : [],
        };
      }
      for (const constraint of constraints) {
        const strings = quotedNames(constraint.expression ?? "").filter((name) => !known.has(name.toLowerCase()));
        if (strings.length === 0) continue;
        yield {
          ref: constraint,
          message: `the check ${constraint.name} of ${table.name} has strings in double quotes`,
          evidence: [{ what: "strings", value: strings.length }],
        };
      }
    }
  },
});
