import { alter } from "../model/change.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// check_for_data_types_usage in the server's pg_upgrade; regclass, regrole and regtype keep their OIDs.
const REFUSED =
  /^(?:pg_catalog\.)?(?:regcollation|regconfig|regdictionary|regnamespace|regoper|regoperator|regproc|regprocedure)(?:\[\])*$/;

/** A stored column of a type that pg_upgrade refuses. */
export const unsupportedRegTypes: Rule = rule({
  id: "unsupported-reg-types",
  area: "operations",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0018"],
  summary: "A column has a type that stops pg_upgrade.",
  why: "Such a column stores the OID of a function, operator, text search object, collation or schema. Those change with every dump and restore, so pg_upgrade refuses a database that stores them.",
  remedy: "Store the name as text, and cast it to the type where it is used.",
  fix: "review",
  fails: [
    "CREATE TABLE job (id bigint, handler regproc);",
    'CREATE TABLE "odd ""; --" ("in" regnamespace[]);',
    "CREATE MATERIALIZED VIEW part AS SELECT 'simple'::regconfig AS config;",
  ],
  passes: ["CREATE TABLE job (id bigint, handler text, of regclass, by regrole, as_type regtype);"],
  *check({ view }) {
    for (const column of view.of("column")) {
      if (!REFUSED.test(column.type) || column.inherited || (column.generated !== null && !column.generated.stored))
        continue;
      yield {
        ref: column,
        message: `column ${column.name} of ${column.table} stores ${column.type}, which pg_upgrade refuses`,
        fixes: [
          {
            title: `store the name as text`,
            safety: "review",
            changes: [alter(column, { type: column.type.endsWith("[]") ? "text[]" : "text" })],
          },
        ],
      };
    }
    for (const of of view.of("view")) {
      const column = of.materialised ? of.columns.find(({ type }) => REFUSED.test(type)) : undefined;
      if (column === undefined) continue;
      yield {
        ref: of,
        message: `column ${column.name} of materialised view ${of.name} stores ${column.type}, which pg_upgrade refuses`,
      };
    }
  },
});
