import type { CatalogObject } from "../model/catalog.ts";
import type { Kind } from "../model/ref.ts";

// The order in which people expect to read a migration, where dependencies leave it open.
const RANK: Readonly<Record<Kind, number>> = {
  role: 0,
  schema: 1,
  extension: 2,
  collation: 3,
  "text-search-dictionary": 4,
  "text-search-configuration": 5,
  conversion: 6,
  "foreign-data-wrapper": 7,
  server: 8,
  "user-mapping": 9,
  enum: 10,
  range: 11,
  composite: 12,
  domain: 13,
  sequence: 14,
  function: 15,
  aggregate: 16,
  operator: 17,
  "operator-family": 18,
  "operator-class": 19,
  cast: 20,
  table: 21,
  column: 22,
  constraint: 23,
  index: 24,
  statistics: 25,
  view: 26,
  rule: 28,
  trigger: 29,
  policy: 30,
  grant: 31,
  publication: 32,
  subscription: 33,
  "event-trigger": 34,
  "default-privileges": 35,
};

const FOREIGN_KEY = 27;
const LAST = 100;

/** Where a statement that makes or changes the object stands; those that remove one go the other way round. */
export function rankOf(object: CatalogObject, removes: boolean): number {
  // What everybody would get on new objects is taken back before there are any.
  if (object.kind === "default-privileges" && removes) return -1;
  const rank = object.kind === "constraint" && object.type === "foreign key" ? FOREIGN_KEY : RANK[object.kind];
  return removes ? LAST - rank : rank;
}
