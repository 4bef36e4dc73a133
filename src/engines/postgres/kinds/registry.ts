import type { CatalogObject } from "../../../model/catalog.ts";
import type { Kind } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { aggregate } from "./aggregate.ts";
import { column } from "./column.ts";
import { composite } from "./composite.ts";
import { constraint } from "./constraint.ts";
import { domain } from "./domain.ts";
import { enumType } from "./enum.ts";
import { extension } from "./extension.ts";
import { functionKind } from "./function.ts";
import { grant } from "./grant.ts";
import { index } from "./index.ts";
import type { ObjectKind, PrintContext } from "./kind.ts";
import { collation } from "./collation.ts";
import { cast } from "./cast.ts";
import { operator } from "./operator.ts";
import { operatorFamily } from "./operator-family.ts";
import { operatorClass } from "./operator-class.ts";
import { textSearchConfiguration } from "./text-search-configuration.ts";
import { textSearchDictionary } from "./text-search-dictionary.ts";
import { eventTrigger } from "./event-trigger.ts";
import { rule } from "./rule.ts";
import { statistics } from "./statistics.ts";
import { conversion } from "./conversion.ts";
import { defaultPrivileges } from "./default-privileges.ts";
import { subscription } from "./subscription.ts";
import { publication } from "./publication.ts";
import { userMapping } from "./user-mapping.ts";
import { server } from "./server.ts";
import { foreignDataWrapper } from "./foreign-data-wrapper.ts";
import { policy } from "./policy.ts";
import { range } from "./range.ts";
import { role } from "./role.ts";
import { schema } from "./schema.ts";
import { sequence } from "./sequence.ts";
import { table } from "./table.ts";
import { trigger } from "./trigger.ts";
import { view } from "./view.ts";

/** Every kind of object, by name: a kind that is missing here does not compile. */
export const REGISTRY: { readonly [K in Kind]: ObjectKind<K> } = {
  schema,
  extension,
  "foreign-data-wrapper": foreignDataWrapper,
  server,
  "user-mapping": userMapping,
  enum: enumType,
  domain,
  composite,
  range,
  sequence,
  function: functionKind,
  aggregate,
  table,
  view,
  column,
  constraint,
  index,
  policy,
  trigger,
  grant,
  publication,
  subscription,
  "default-privileges": defaultPrivileges,
  collation,
  cast,
  operator,
  "operator-family": operatorFamily,
  "operator-class": operatorClass,
  "text-search-configuration": textSearchConfiguration,
  "text-search-dictionary": textSearchDictionary,
  "event-trigger": eventTrigger,
  rule,
  statistics,
  conversion,
  role,
};

/**
 * The order in which kinds are read: what others look up comes first, and roles last, as only those that
 * others mention are kept. The order of the keys above, so that none can be forgotten.
 */
export const READING_ORDER: readonly Kind[] = Object.keys(REGISTRY) as Kind[];

/** One of the printing methods, found for an object of any kind; absent methods print nothing. */
export function print(
  method: "create" | "complete" | "drop" | "reduce" | "add" | "remove",
  object: CatalogObject,
  context: PrintContext,
): readonly Statement[] {
  // The registry pairs each kind with its own printer; the compiler cannot follow that through a union.
  const kind = REGISTRY[object.kind] as unknown as ObjectKind<CatalogObject["kind"]>;
  return kind[method]?.(object, context) ?? [];
}
