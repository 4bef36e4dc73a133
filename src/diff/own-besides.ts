import type { CatalogObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import { holderTable, parentKeys, sourcesOf } from "./bonds.ts";
import type { Comparison } from "./compare.ts";
import type { Decision } from "./decide.ts";

/*
 * A column or check that a child table has from its parents may be declared by the child besides: it then stays when
 * the parents' goes. No statement changes that alone: what a child had before it got a parent stays its own, and only
 * leaving the parents makes what came from them its own.
 */

/** What remains different in that respect after the plan, each with the reason. Linear. */
export function ownBesides(
  { from, to }: Comparison,
  { dropped, created, loose }: Pick<Decision, "dropped" | "created" | "loose">,
): readonly { readonly what: string; readonly why: string }[] {
  const found: { what: string; why: string }[] = [];
  if (!hasHeirs(to.catalog.objects)) return found;
  for (const [key, after] of to.objects) {
    if ((after.kind !== "column" && after.kind !== "constraint") || sourcesOf(after, to).length === 0) continue;
    const tableKey = refKey(ref("table", after.table, { schema: after.schema }));
    const table = to.objects.get(tableKey);
    // A partition that is attached gives up what is its own.
    if (table?.kind !== "table" || table.partitionOf !== null || created.has(tableKey)) continue;
    const held = parentKeys(loose.get(tableKey) ?? from.objects.get(tableKey));
    const isHeld = (object: CatalogObject, side: typeof from): boolean =>
      sourcesOf(object, side).some((source) => held.includes(holderTable(source)));
    const before = dropped.has(key) ? undefined : from.objects.get(key);
    let own = !after.inherited || !isHeld(after, to);
    if (before !== undefined && "inherited" in before) own = !before.inherited || !isHeld(before, from);
    if (own === !after.inherited) continue;
    const why = own
      ? "what a table had before it got the parent stays its own besides"
      : "what came from a parent becomes its own only when the table leaves it";
    found.push({ what: `alter ${key}`, why });
  }
  return found;
}

// Most schemas have no table that inherits: to look at each of their columns shows in the profile.
const hasHeirs = (objects: readonly CatalogObject[]): boolean =>
  objects.some((object) => object.kind === "table" && object.inherits.length > 0);

/** What the undo does not bring back where a change has a table leave parents; else null. */
export function leavesParents(before: CatalogObject, after: CatalogObject): string | null {
  if (before.kind !== "table" || after.kind !== "table") return null;
  const stays = after.inherits.map(({ schema, table }) => JSON.stringify([schema, table]));
  return before.inherits.every(({ schema, table }) => stays.includes(JSON.stringify([schema, table])))
    ? null
    : "what came from the parents comes back as the table's own besides";
}
