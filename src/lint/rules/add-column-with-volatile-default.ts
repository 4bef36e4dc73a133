import { constraintsOf, rewriteOfNewColumn } from "../../sql/effect/alter-table-checks.ts";
import { ident } from "../../sql/identifier.ts";
import { commandsOf } from "../commands.ts";
import { alterTableText, inCaseOf } from "../rewrite.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A column comes with a default that every row must be given. */
export const addColumnWithVolatileDefault: LintRule = lintRule({
  id: "add-column-with-volatile-default",
  area: "rewrites",
  severity: "error",
  equivalents: [
    "squawk:adding-field-with-default",
    "strong_migrations:add_column_default",
    "strong_migrations:add_column_default_callable",
    "atlas:PG302",
    "bytebase:COLUMN_DEFAULT_DISALLOW_VOLATILE",
    "bytebase:STATEMENT_DISALLOW_ADD_COLUMN_WITH_DEFAULT",
  ],
  summary: "A column comes with a default that every row must be given.",
  why: "A default that is the same for all rows is stored once (since PostgreSQL 11). One that may differ from row to row, such as gen_random_uuid() or a function that nobody declared stable, is written into every row: the whole table is written anew under ACCESS EXCLUSIVE.",
  remedy: "Add the column without the default, set the default for new rows, and fill the old ones in batches.",
  growsWithTable: true,
  inFunctions: false,
  fails: [
    "ALTER TABLE task ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    { sql: "ALTER TABLE task ADD COLUMN done boolean DEFAULT false", major: 10 },
  ],
  passes: [
    "ALTER TABLE task ADD COLUMN done boolean NOT NULL DEFAULT false",
    "ALTER TABLE task ADD COLUMN made timestamptz DEFAULT now()",
    "CREATE TABLE task (id bigint); ALTER TABLE task ADD COLUMN token uuid DEFAULT gen_random_uuid()",
  ],
  *check(statement, state) {
    for (const { column, table, written: name, at, count } of commandsOf(statement, state, "AT_AddColumn")) {
      const why = rewriteOfNewColumn(column, state.major);
      if ((why !== "volatile" && why !== "default") || state.isNew(table)) continue;
      const constraints = constraintsOf(column);
      const set = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT");
      const text = alterTableText(statement.sql)?.commands[0] ?? "";
      const place = set?.location === undefined ? -1 : statement.indexOf(set.location) - statement.start;
      const expression = place < 0 ? null : /^default\s+([\s\S]*)$/i.exec(statement.sql.slice(place))?.[1]?.trim();
      const plain = count === 1 && constraints.length === 1 && expression != null && text !== "";
      const say = (words: string): string => inCaseOf(statement.sql, words);
      const colname = ident(column.colname ?? "");
      yield {
        message: `the default of the new column ${name}.${colname} is written into every row, with the table closed to reads and writes`,
        relation: table,
        at,
        ...(plain
          ? {
              rewriting: {
                title: "add it without the default, set that for new rows, and fill the old ones in batches",
                safety: "review",
                statements: [
                  { sql: statement.sql.slice(0, place).trimEnd() },
                  {
                    sql: `${say("ALTER TABLE")} ${name} ${say("ALTER COLUMN")} ${colname} ${say("SET DEFAULT")} ${expression}`,
                  },
                  {
                    sql: `${say("UPDATE")} ${name} ${say("SET")} ${colname} = ${say("DEFAULT WHERE")} ${colname} ${say("IS NULL")}`,
                    apart: true,
                  },
                ],
              },
            }
          : {}),
      };
    }
  },
});
