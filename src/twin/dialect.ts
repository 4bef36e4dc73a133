import type { Catalog } from "../model/catalog.ts";
import { invalid } from "../model/error.ts";
import type { Dialect } from "../model/statement.ts";

/** The dialect of a catalog's engine. Throws `invalid` (exit 2) for an engine that this version does not have. */
export async function dialectOf({ engine }: Pick<Catalog, "engine">): Promise<Dialect> {
  switch (engine.name) {
    case "postgres":
      return (await import("../engines/postgres/dialect.ts")).postgres;
    case "sqlite":
      return (await import("../engines/sqlite/dialect.ts")).sqlite;
    case "mysql":
    case "mariadb":
      throw invalid({
        what: `this version does not write SQL for ${engine.name}`,
        where: "SOURCE",
        expected: "a PostgreSQL or SQLite database, script or catalog",
      });
  }
}
