import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import type { StrategyContext } from "../strategy.ts";
import { viewed } from "./facts.ts";

function isPublished(catalog: Catalog, schema: string | null, table: string): boolean {
  return viewed(catalog)
    .of("publication")
    .some(
      (one) =>
        one.operations.includes("update") &&
        (one.allTables ||
          one.schemas.some((name) => name === schema) ||
          one.tables.some((other) => other.schema === schema && other.table === table)),
    );
}

// A filter or a list of columns must hold the whole identity, or the server refuses as well.
function isFiltered(catalog: Catalog, schema: string | null, table: string): boolean {
  return viewed(catalog)
    .of("publication")
    .some(({ tables }) =>
      tables.some((one) => one.schema === schema && one.table === table && (one.columns ?? one.where) !== null),
    );
}

function hasIdentity(catalog: Catalog, schema: string | null, table: string): boolean {
  const view = viewed(catalog).table(schema, table);
  if (view === undefined || view.table.replicaIdentity === "full") return true;
  if (view.table.replicaIdentity === "nothing") return false;
  return view.primaryKey !== null || view.indexes.some((index) => index.replicaIdentity === true);
}

/**
 * Whether the server refuses every UPDATE of the table that an object hangs on, before the plan or after it: it is
 * published, and nothing tells subscribers which row it was (CheckCmdReplicaIdentity in the server's execReplication.c).
 */
export function refusesUpdates({ from, to }: StrategyContext, { schema, table }: CatalogObject): boolean {
  const name = table ?? "";
  const published = isPublished(from, schema, name) || isPublished(to, schema, name);
  if (isFiltered(from, schema, name) || isFiltered(to, schema, name)) return true;
  return published && !(hasIdentity(from, schema, name) && hasIdentity(to, schema, name));
}
