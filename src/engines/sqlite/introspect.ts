import type { Catalog, CatalogObject, Unmodelled } from "../../model/catalog.ts";
import { catalogOf } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import { sqliteCode } from "./driver.ts";
import type { Session } from "./driver.ts";
import type { Reading } from "./kinds/kind.ts";
import { READING_ORDER, REGISTRY } from "./kinds/registry.ts";

/** What to read. */
export interface IntrospectOptions {
  readonly signal?: AbortSignal;
}

/**
 * Reads the catalog of a session's database in one transaction. All objects are in the schema `main`. Virtual
 * tables, the tables behind them, and what is not understood are named in `unmodelled`. Throws the library's own
 * error, or the signal's reason.
 */
export function introspect(session: Session, options: IntrospectOptions = {}): Catalog {
  options.signal?.throwIfAborted();
  const unmodelled: Unmodelled[] = [];
  const reading: Reading = {
    session,
    tables: new Map(),
    relations: new Map(),
    isSqlError: (error) => sqliteCode(error) === "SQLITE_ERROR",
    report: (kind, name) => unmodelled.push({ kind, name }),
  };
  const objects: CatalogObject[] = [];
  session.execute("BEGIN");
  try {
    for (const kind of READING_ORDER) {
      options.signal?.throwIfAborted();
      objects.push(...REGISTRY[kind].read(reading));
    }
  } finally {
    session.execute("ROLLBACK");
  }
  // A trigger of a view that was not understood, for one, has nothing to hang on.
  const keys = new Set(objects.map(refKey));
  const closed = objects.map((object) => ({ ...object, dependsOn: object.dependsOn.filter((key) => keys.has(key)) }));
  return catalogOf({ name: "sqlite", version: session.version }, closed, unmodelled);
}
