import type { CatalogView } from "../model/catalog-view.ts";
import type { Severity } from "../model/finding.ts";
import { alter } from "../model/change.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { baseTypes } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Kept letter by letter on purpose: what came over the wire, or was signed.
const VERBATIM: ReadonlySet<string> = new Set("body original payload raw request response signed webhook".split(" "));

// In the definition of an object that stands on the column: data ->> 'name', json_array_elements(data).
const LOOKS_INSIDE = /->|#>|\bjson_(?:array|each|extract|object_keys|populate|to_record)/;

/** What stands on columns: what takes their contents apart, and views, which keep a column's type from being changed. */
interface Uses {
  readonly takenApart: ReadonlySet<RefKey>;
  readonly viewed: ReadonlySet<RefKey>;
}

function usesOf(view: CatalogView): Uses {
  const takenApart = new Set<RefKey>();
  const viewed = new Set<RefKey>();
  for (const kind of ["index", "constraint", "view"] as const) {
    for (const { definition, dependsOn } of view.of(kind)) {
      for (const key of dependsOn) {
        if (!key.startsWith("column ")) continue;
        if (kind === "view") viewed.add(key);
        if (LOOKS_INSIDE.test(definition)) takenApart.add(key);
      }
    }
  }
  return { takenApart, viewed };
}

/**
 * `json` where `jsonb` is meant. What is written once and read whole loses little by it, hence `info`; where the
 * schema looks inside, each look parses the text.
 */
export const jsonInsteadOfJsonb: Rule = rule({
  id: "json-instead-of-jsonb",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["schemalint:prefer-jsonb-to-json"],
  summary: "A column is json rather than jsonb.",
  why: "json keeps the text: every access parses it again, it has no equality, so that DISTINCT, UNION, GROUP BY and unique constraints over it fail, and no GIN index finds rows by what is inside.",
  remedy: "Use jsonb, unless the exact text, the order of keys or duplicate keys must be kept.",
  fix: "review",
  fails: [
    "CREATE TABLE item (attributes json);",
    "CREATE TABLE item (id bigint, attributes json); CREATE VIEW named_item AS SELECT id, attributes ->> 'name' AS name FROM item;",
    "CREATE TABLE item (id bigint, attributes json); CREATE INDEX item_name ON item ((attributes ->> 'name'));",
    "CREATE TABLE delivery (payload json);",
    `CREATE TABLE "i;" ("a""b" json DEFAULT '{}' NOT NULL);`,
  ],
  passes: ["CREATE TABLE item (attributes jsonb, json text);"],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    const { takenApart, viewed } = usesOf(view);
    for (const { column } of ownColumns(view)) {
      const { name } = typeOf(column);
      if (name !== "json") continue;
      const where = `${column.table}.${column.name}`;
      const verbatim = nameWords(column.name).some((word) => VERBATIM.has(word));
      const inside = !verbatim && takenApart.has(refKey(column));
      const severity: Severity = inside ? "warning" : "info";
      const start = inside ? "json, and the schema looks inside: it" : "json: it";
      const message = `${where} is ${start} is parsed on each access, cannot be compared, and cannot be indexed by content`;
      const patch = {
        type: column.type.replace(/^json/, "jsonb"),
        default: column.default?.replace(/::json$/, "::jsonb") ?? null,
      };
      const title = `make ${where} jsonb; order and duplicates of keys go`;
      const fixes =
        /^json(?:\[\])*$/.test(column.type) && !viewed.has(refKey(column))
          ? [{ title, safety: "review" as const, changes: [alter(column, patch)] }]
          : [];
      yield { ref: column, severity, message, fixes };
    }
  },
});
