import type { ColumnObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import type { Severity } from "../model/finding.ts";
import { nameWords, snakeCase } from "./name-words.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const NAMING =
  /^(?:meta_|custom_)?(?:attribute|attr|property|prop|field|meta|param|parameter|option|setting)(?:_?(?:id|key|name|code))?$/;
const KEY = /^(?:key|name)$/;
const VALUE = /^(?:(?:meta|attribute|attr|property|prop|field|param|option|setting)_?)?(?:value|val)$/;
const TYPED_VALUE = /^value_\w+$/;
const UPKEEP =
  /^(?:id|uuid|created(?:_\w+)?|updated(?:_\w+)?|modified(?:_\w+)?|deleted(?:_\w+)?|tenant_id|position|sort_order|version|lock_version)$/;
// Small sets of pairs that nobody filters or joins by: held in this form almost everywhere, with little harm.
const SIDE_DATA: ReadonlySet<string> = new Set(
  "annotation annotations config configuration flags header headers label labels metadata option options preference preferences setting settings tag tags translation translations".split(
    " ",
  ),
);

interface Shape {
  readonly naming: ColumnObject;
  readonly values: readonly ColumnObject[];
}

// (whose, which, what): a reference to the owner, the name of an attribute and its value, and little else.
function shapeOf(of: TableView): Shape | null {
  const columns = of.columns.map((column) => ({ column, name: snakeCase(column.name) }));
  const naming =
    columns.find(({ name }) => NAMING.test(name)) ??
    columns.find(({ name, column }) => KEY.test(name) && column.notNull);
  if (naming === undefined) return null;
  const values = columns.filter(({ name }) => VALUE.test(name) || TYPED_VALUE.test(name));
  const references = new Set(of.constraints.flatMap((key) => (key.references === null ? [] : key.columns)));
  const owners = columns.filter(
    ({ column, name }) =>
      column !== naming.column && name !== "id" && (references.has(column.name) || /_(?:id|uuid)$/.test(name)),
  );
  const known = new Set([naming, ...values, ...owners].map(({ column }) => column.name));
  const others = columns.filter(({ column, name }) => !known.has(column.name) && !UPKEEP.test(name));
  if (values.length === 0 || owners.length === 0 || others.length > 1) return null;
  return { naming: naming.column, values: values.map(({ column }) => column) };
}

/**
 * One row for each attribute of each thing. Most are chosen, for attributes that users define, hence `info`; a value
 * column for each type shows that types are missed. Rows beside a tsvector are what a search reads.
 */
export const entityAttributeValue: Rule = rule({
  id: "entity-attribute-value",
  area: "schema",
  severity: "info",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["sqlcheck:1006"],
  summary: "A table keeps attributes as rows (entity, attribute, value).",
  why: "No attribute can have its own type, default, NOT NULL, foreign key or unique constraint; reading one thing takes a join or a pivot for each attribute; the planner knows no distribution of any of them, so that its estimates for filters on values are wrong.",
  remedy:
    "Make columns of the attributes that are known, and keep the rest of each thing in one jsonb column with a GIN index.",
  fails: [
    "CREATE TABLE product (id bigint PRIMARY KEY); CREATE TABLE attribute (id bigint PRIMARY KEY, name text); CREATE TABLE product_attribute (product_id bigint REFERENCES product, attribute_id bigint REFERENCES attribute, value text, PRIMARY KEY (product_id, attribute_id));",
    "CREATE TABLE product_field (product_id bigint NOT NULL, field_name text NOT NULL, value_text text, value_number numeric, value_date date);",
    "CREATE TABLE post_meta (id bigint PRIMARY KEY, post_id bigint NOT NULL, meta_key text, meta_value text);",
  ],
  passes: [
    "CREATE TABLE setting (key text PRIMARY KEY, value text);",
    "CREATE TABLE title_entry (id bigint PRIMARY KEY, record_id bigint NOT NULL, field integer NOT NULL, value text NOT NULL, words tsvector NOT NULL);",
    "CREATE TABLE product (id bigint PRIMARY KEY, name text NOT NULL, face_value numeric, maker_id bigint);",
    "CREATE TABLE reading (sensor_id bigint NOT NULL, at timestamptz NOT NULL, value double precision, PRIMARY KEY (sensor_id, at));",
  ],
  *check({ view }) {
    for (const of of ownTables(view)) {
      const shape = shapeOf(of);
      if (shape === null || of.columns.some(({ type }) => type === "tsvector")) continue;
      const { naming, values } = shape;
      const aside = nameWords(of.table.name).some((word) => SIDE_DATA.has(word));
      // Fields that users define cannot be columns; how else to keep them is a choice.
      const custom = nameWords(`${of.table.name} ${naming.name}`).includes("custom");
      const severity: Severity = !aside && !custom && values.length > 1 ? "warning" : "info";
      const told = values.map((column) => column.name).join(", ");
      const message = `table ${of.table.name} keeps attributes as rows: ${naming.name} names one, ${told} holds it`;
      yield { ref: of.table, severity, message };
    }
  },
});
