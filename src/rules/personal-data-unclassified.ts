import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { isClassified, personalKind } from "./sensitive-names.ts";

/** Columns whose names speak of a person and of which nothing says how private they are. */
export const personalDataUnclassified: Rule = rule({
  id: "personal-data-unclassified",
  area: "privacy",
  severity: "info",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: [],
  summary: "Columns look like personal data and carry no classification.",
  why: "A request for access or erasure (GDPR, articles 15 and 17), a masked copy for tests and a list of who may see what all start from knowing which columns speak of a person. What is not written down is found again each time, and missed once.",
  remedy:
    "Write `classification: personal` (or special-category, or public) in the comment of the column or of its table, or under `classified` in the configuration.",
  fails: [
    "CREATE TABLE customer (id bigint PRIMARY KEY, email text, birth_date date);",
    'CREATE TABLE "odd ""; --" (id bigint PRIMARY KEY, "lastName" varchar(80), iban text);',
  ],
  passes: [
    "CREATE TABLE customer (id bigint PRIMARY KEY, email text); COMMENT ON COLUMN customer.email IS 'Where bills go; classification: personal';",
    "CREATE TABLE customer (id bigint PRIMARY KEY, email text, phone text); COMMENT ON TABLE customer IS 'Contains personal data.';",
    "CREATE TABLE setting (id bigint PRIMARY KEY, email_verified boolean, email_count integer, phone_id bigint, name text, file_name text);",
  ],
  *check({ view, settings }) {
    for (const of of ownTables(view)) {
      const found = of.columns.flatMap((column) => {
        const kind = column.inherited || isClassified(of, column, settings) ? null : personalKind(column);
        return kind === null ? [] : [{ column: column.name, kind }];
      });
      if (found.length === 0) continue;
      const names = found.map(({ column }) => column).join(", ");
      yield {
        ref: of.table,
        message: `${names} of table ${of.table.name} ${found.length === 1 ? "looks" : "look"} like personal data, and nothing says so`,
        evidence: found.map(({ column, kind }) => ({ what: column, value: kind })),
      };
    }
  },
});
