import type { Severity } from "../model/finding.ts";
import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { indexStatistics } from "./table-facts.ts";

/** A boolean with a third state. With a default it is surely an oversight; without one it may be meant. */
export const nullableBoolean: Rule = rule({
  id: "nullable-boolean",
  area: "schema",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: [],
  summary: "A boolean column may be null.",
  why: "A null is neither true nor false: WHERE NOT done and WHERE done = false both leave out the rows where done is null, so that rows vanish from both halves of a list. Where there is a default, the third state comes only from writers that forgot the column.",
  remedy:
    "Set the nulls to what they mean and add NOT NULL with a default; where unknown is a third state on purpose, say so in a comment or use an enumeration.",
  fix: "review",
  fails: [
    "CREATE TABLE task (done boolean DEFAULT false);",
    "CREATE TABLE task (done boolean);",
    'CREATE TABLE "t;" ("is ""done""" boolean DEFAULT true);',
  ],
  passes: [
    "CREATE TABLE task (done boolean NOT NULL DEFAULT false);",
    "CREATE TABLE answer (agrees boolean); COMMENT ON COLUMN answer.agrees IS 'Null while not answered';",
    "CREATE TABLE answer (agrees boolean CHECK (agrees IS NOT NULL));",
  ],
  *check({ view, dialect, statistics }) {
    const typeOf = baseTypes(view, dialect);
    const facts = indexStatistics(statistics);
    const domains = new Set(
      view.of("domain").flatMap((domain) => (domain.notNull ? [dialect.qualified(domain.schema, domain.name)] : [])),
    );
    for (const { of, column } of ownColumns(view)) {
      const { name, array } = typeOf(column);
      if (name !== "boolean" || array || column.notNull || column.generated !== null || domains.has(column.type))
        continue;
      if (column.comment !== null && /\b(?:null|unknown|unset|undecided)\b/i.test(column.comment)) continue;
      // PostgreSQL prints a check in parentheses, SQLite keeps it as it was written.
      const isNotNull = `${dialect.ident(column.name)} IS NOT NULL`;
      if (of.constraints.some(({ expression }) => expression === isNotNull || expression === `(${isNotNull})`))
        continue;
      const severity: Severity = column.default === null ? "info" : "warning";
      const nullShare = facts.column(column.schema, column.table, column.name)?.nullShare;
      const value = column.default ?? "false";
      const end = column.default === null ? "" : `, though it has the default ${column.default}`;
      yield {
        ref: column,
        severity,
        message: `${column.table}.${column.name} may be true, false or null${end}`,
        evidence: nullShare === undefined ? [] : [{ what: "share of nulls in the sample", value: nullShare }],
        fixes: [
          {
            // What a null means is the owner's to say: no UPDATE is made up, and SET NOT NULL stops at the first null.
            title: `add NOT NULL DEFAULT ${value}, after setting its nulls to what they mean`,
            safety: "review",
            changes: [alter(column, { notNull: true, default: value })],
          },
        ],
      };
    }
  },
});
