import type { CatalogObject } from "../../../model/catalog.ts";
import type { Kind } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { absent } from "./absent.ts";
import { column } from "./column.ts";
import { constraint } from "./constraint.ts";
import { index } from "./index.ts";
import type { ObjectKind, PrintContext } from "./kind.ts";
import { schema } from "./schema.ts";
import { table } from "./table.ts";
import { trigger } from "./trigger.ts";
import { view } from "./view.ts";

/** Every kind of object, by name: a kind that is missing here does not compile. */
export const REGISTRY: { readonly [K in Kind]: ObjectKind<K> } = {
  table,
  view,
  column,
  constraint,
  index,
  trigger,
  schema,
  "foreign-data-wrapper": absent("foreign-data-wrapper"),
  server: absent("server"),
  "user-mapping": absent("user-mapping"),
  publication: absent("publication"),
  subscription: absent("subscription"),
  "default-privileges": absent("default-privileges"),
  collation: absent("collation"),
  cast: absent("cast"),
  operator: absent("operator"),
  "operator-family": absent("operator-family"),
  "operator-class": absent("operator-class"),
  "text-search-configuration": absent("text-search-configuration"),
  "text-search-dictionary": absent("text-search-dictionary"),
  "event-trigger": absent("event-trigger"),
  rule: absent("rule"),
  statistics: absent("statistics"),
  conversion: absent("conversion"),
  role: absent("role"),
  extension: absent("extension"),
  enum: absent("enum"),
  domain: absent("domain"),
  composite: absent("composite"),
  range: absent("range"),
  sequence: absent("sequence"),
  function: absent("function"),
  aggregate: absent("aggregate"),
  policy: absent("policy"),
  grant: absent("grant"),
};

/** The order in which kinds are read: what others look up comes first. The order of the keys above. */
export const READING_ORDER: readonly Kind[] = Object.keys(REGISTRY) as Kind[];

/** One of the printing methods, found for an object of any kind. */
export function print(method: "create" | "drop", object: CatalogObject, context: PrintContext): readonly Statement[] {
  // The registry pairs each kind with its own printer; the compiler cannot follow that through a union.
  const kind = REGISTRY[object.kind] as unknown as ObjectKind<CatalogObject["kind"]>;
  return kind[method](object, context);
}
