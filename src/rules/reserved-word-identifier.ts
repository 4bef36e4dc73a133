import type { Severity } from "../model/finding.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Key words that serve as names of tables and columns without quotes (category "C" of pg_get_keywords): types
// and functions with a grammar of their own.
const USABLE: ReadonlySet<string> = new Set(
  `between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
   integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
   json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay
   position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes
   xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
);
// Unquoted they are no error but something else: the session's user, the time of day.
const VALUES: ReadonlySet<string> = new Set(
  "current_catalog current_date current_role current_schema current_time current_timestamp current_user localtime localtimestamp session_user system_user user".split(
    " ",
  ),
);

/** A table or column whose name is a key word. Those that silently mean something else weigh more. */
export const reservedWordIdentifier: Rule = rule({
  id: "reserved-word-identifier",
  area: "naming",
  severity: "info",
  engines: ["postgres"],
  equivalents: [],
  summary: "A name is a reserved word.",
  why: "It has to be quoted wherever it stands, and every tool, report and hand-written query that forgets gets a syntax error; or none: SELECT user FROM task returns the name of the session's user for every row, and SELECT * FROM user one row with it.",
  remedy:
    "Choose another name (account for user, purchase for order); a view under the old name keeps old readers going.",
  fails: [
    'CREATE TABLE "user" (id bigint PRIMARY KEY);',
    'CREATE TABLE task (id bigint PRIMARY KEY, "order" integer);',
  ],
  passes: [
    "CREATE TABLE account (id bigint PRIMARY KEY, position integer, name text, type text, value text, time time);",
  ],
  *check({ view, dialect }) {
    const isReserved = (name: string): boolean =>
      /^[a-z_]+$/.test(name) && !USABLE.has(name) && dialect.ident(name) !== name;
    const severityOf = (name: string): Severity => (VALUES.has(name) ? "warning" : "info");
    const consequence = (name: string): string =>
      VALUES.has(name) ? "without quotes it silently means something else" : "it must be quoted everywhere";
    for (const of of ownTables(view)) {
      const { table } = of;
      if (isReserved(table.name)) {
        const message = `table ${table.name} has a reserved word for a name: ${consequence(table.name)}`;
        yield { ref: table, severity: severityOf(table.name), message };
      }
      for (const column of of.columns) {
        if (column.inherited || !isReserved(column.name)) continue;
        const message = `column ${column.name} of ${table.name} has a reserved word for a name: ${consequence(column.name)}`;
        yield { ref: column, severity: severityOf(column.name), message };
      }
    }
  },
});
