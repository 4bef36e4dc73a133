import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, CatalogObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { refKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { namesAfter } from "./strategies/following-names.ts";
import type { StrategyContext } from "./strategy.ts";

/*
 * Renames that somebody states are made one after the other, before all else: each finds the names that those before
 * it have left.
 */

/** Each rename with what it is made in; `base` is what all of them share. */
export function renamesInTurn(
  renames: readonly Change[],
  base: StrategyContext,
): readonly { readonly change: Change; readonly context: StrategyContext }[] {
  let { from } = base;
  return renames.map((change) => {
    const context = { ...base, from };
    from = withColumnRenamed(from, change);
    return { change, context };
  });
}

function withColumnRenamed(catalog: Catalog, change: Change): Catalog {
  if (change.type !== "rename" || change.before.kind !== "column") return catalog;
  const [old, { name }] = [change.before, change.to];
  const [was, is] = [refKey(old), refKey({ ...old, name })];
  const { schema, table } = old;
  const objects = catalog.objects.map((object): CatalogObject => {
    if (refKey(object) === was) return { ...object, name };
    const owned =
      object.kind === "sequence" && object.ownedBy?.schema === schema && object.ownedBy.table === table
        ? object.ownedBy
        : null;
    const sequence = owned?.column === old.name && object.name === `${table}_${old.name}_seq`;
    const moved = object.dependsOn.includes(was)
      ? { ...object, dependsOn: object.dependsOn.map((key) => (key === was ? is : key)) }
      : object;
    if (!sequence || moved.kind !== "sequence" || moved.ownedBy === null) return moved;
    return { ...moved, name: `${table}_${name}_seq`, ownedBy: { ...moved.ownedBy, column: name } };
  });
  return catalogOf(catalog.engine, objects, catalog.unmodelled);
}

/** The statements that make renames at once, with those of the names that the server gave after the old ones. */
export function renameStatements(
  renames: readonly Change[],
  from: Catalog,
  to: Catalog,
  dialect: Dialect,
): readonly string[] {
  const major = Number.parseInt(from.engine.version, 10);
  const base = { from, to, dialect, major, statistics: null, created: new Set<string>(), smallRowsMax: 0 };
  return renamesInTurn(renames, base).flatMap(({ change, context }) => [
    ...dialect.change(change, context.from, "plain").map(({ sql }) => sql),
    ...namesAfter(change, context).map(({ sql }) => sql),
  ]);
}
