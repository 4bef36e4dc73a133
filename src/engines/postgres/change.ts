import type { Catalog, CatalogObject, TableObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { UnprintableChange } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import type { ObjectKind, PrintContext } from "./kinds/kind.ts";
import { print, REGISTRY } from "./kinds/registry.ts";
import { withoutDefaults } from "./default-grants.ts";
import { renameScript } from "./rename.ts";
import { ownedSequencesOf, partedIndexesOf } from "./script.ts";

// Many changes are printed against one catalog, whose view takes longer than any of them.
const CONTEXTS = new WeakMap<Catalog, PrintContext>();

function contextOf(catalog: Catalog): PrintContext {
  const known = CONTEXTS.get(catalog);
  if (known !== undefined) return known;
  const view = viewOf(catalog);
  const context: PrintContext = {
    view,
    postponed: new Set(),
    ownedSequences: ownedSequencesOf(view),
    partedIndexes: partedIndexesOf(view),
    // Each object of a change stands for itself.
    inlines: () => false,
  };
  CONTEXTS.set(catalog, context);
  return context;
}

const kindOf = (object: CatalogObject): ObjectKind<CatalogObject["kind"]> =>
  REGISTRY[object.kind] as unknown as ObjectKind<CatalogObject["kind"]>;

/**
 * The statements of one change in a database that holds `catalog`. Indexes are built and dropped
 * CONCURRENTLY where the server can, unless the style is "plain". Throws `UnprintableChange` for what no
 * statement can do.
 */
export function changeScript(
  change: Change,
  catalog: Catalog,
  style: "online" | "plain" = "online",
): readonly Statement[] {
  const statements = printed(change, catalog);
  return style === "online" ? statements : statements.map(plain);
}

const CONCURRENT = /^(CREATE (?:UNIQUE )?INDEX|DROP INDEX|REINDEX INDEX) CONCURRENTLY /;

function plain(given: Statement): Statement {
  return CONCURRENT.test(given.sql) ? { sql: given.sql.replace(CONCURRENT, "$1 "), transactional: true } : given;
}

// A table with parts is printed as in a script: CREATE TABLE with the columns and constraints that are among them.
function createWhole(table: TableObject, parts: readonly CatalogObject[], context: PrintContext): readonly Statement[] {
  const inline = new Set(parts.filter(({ kind }) => kind === "constraint").map(refKey));
  const postponed = new Set<RefKey>();
  for (const part of parts) {
    const whole = context.view.get(refKey(part));
    if (part.kind === "column" && part.default === null && whole?.kind === "column" && whole.default !== null)
      postponed.add(refKey(part));
  }
  return print("create", table, {
    ...context,
    postponed,
    // A sequence is given to its column by a change of its own.
    ownedSequences: new Map(),
    inlines: (constraint) => inline.has(refKey(constraint)),
  });
}

function printed(change: Change, catalog: Catalog): readonly Statement[] {
  const context = contextOf(catalog);
  switch (change.type) {
    case "create":
      return [
        ...(change.object.kind === "table" && change.parts !== undefined
          ? createWhole(change.object, change.parts, context)
          : print(kindOf(change.object).add === undefined ? "create" : "add", change.object, context)),
        ...withoutDefaults(change.object, context),
      ];
    case "drop":
      return print(kindOf(change.object).remove === undefined ? "drop" : "remove", change.object, context);
    case "rename":
      return renameScript(change.before, change.to);
    case "alter": {
      const { alter } = kindOf(change.before);
      if (change.properties.length === 0) return [];
      if (alter === undefined) throw new UnprintableChange(change.before.kind, change.properties.join(", "));
      return alter(change, context);
    }
  }
}
