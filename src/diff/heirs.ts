import type { CatalogObject, ColumnObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { parentKeys, sourcesOf } from "./bonds.ts";
import { differences } from "./compare.ts";
import type { Changed, Comparison } from "./compare.ts";
import type { Decision } from "./decide.ts";

/*
 * ALTER TABLE on a parent reaches its partitions and children: what a parent's change brings about in them is no
 * change of their own, and what it would bring about and is not wanted is one.
 */

/** What ALTER COLUMN hands down (ATSimpleRecursion and the like in the server's tablecmds.c). */
export const HANDED_DOWN = [
  "type",
  "collation",
  "default",
  "notNull",
  "generated",
  "storage",
  "statisticsTarget",
] as const;

/** Changes of children's columns, given those of their parents'. */
export interface Inheritance {
  readonly altered: ReadonlyMap<RefKey, Changed>;
  readonly inTheWay: ReadonlyMap<RefKey, readonly RefKey[]>;
  /** The parents' columns that must be changed or added before a child's. */
  readonly after: ReadonlyMap<RefKey, readonly RefKey[]>;
  /** What gives children back, once a parent's change is undone, what was theirs alone: by the parent's column. */
  readonly givenBack: ReadonlyMap<RefKey, readonly Change[]>;
}

// Tables that are on both sides with the same parents, parents first.
function childrenInOrder({ from, to }: Comparison, decision: Decision): CatalogObject[] {
  const depth = new Map<RefKey, number>();
  const depthOf = (key: RefKey): number => {
    const known = depth.get(key);
    if (known !== undefined) return known;
    depth.set(key, 0);
    const own = Math.max(0, ...parentKeys(to.objects.get(key)).map((parent) => 1 + depthOf(parent)));
    depth.set(key, own);
    return own;
  };
  const children: { readonly object: CatalogObject; readonly depth: number }[] = [];
  for (const [key, object] of to.objects) {
    if (object.kind !== "table" || (object.partitionOf === null && object.inherits.length === 0)) continue;
    if (from.objects.has(key) && !decision.created.has(key)) children.push({ object, depth: depthOf(key) });
  }
  return children.toSorted((a, b) => a.depth - b.depth).map((one) => one.object);
}

/** Works out what parents' changes do to their children's columns. Linear in the columns of children. */
export function inheritance(comparison: Comparison, decision: Decision): Inheritance {
  const altered = new Map(decision.altered);
  const inTheWay = new Map(decision.inTheWay);
  const after = new Map<RefKey, RefKey[]>();
  const givenBack = new Map<RefKey, Change[]>();
  const handed = new Map<RefKey, ReadonlySet<string>>();
  const { to } = comparison;
  const columns = columnsByTable(comparison);
  for (const table of childrenInOrder(comparison, decision)) {
    // Parents that it leaves until they are changed do not reach it.
    const held = decision.loose.get(refKey(table)) ?? comparison.from.objects.get(refKey(table));
    const was = new Set(parentKeys(held));
    for (const column of columns.get(refKey(table)) ?? []) {
      const key = refKey(column);
      for (const source of sourcesOf(column, to)) {
        const parent = to.objects.get(source);
        if (parent?.kind !== "column") continue;
        const parentTable = refKey({
          kind: "table",
          schema: parent.schema,
          table: null,
          name: parent.table,
          signature: "",
        });
        const change = altered.get(source);
        const set = new Set([...(change?.properties ?? []), ...(handed.get(source) ?? [])]);
        const moved = new Set([...set, ...released(source, comparison, decision)]);
        const made = decision.created.has(source);
        if ((moved.size === 0 && !made) || !was.has(parentTable)) continue;
        const before = comesTo(
          column,
          parent,
          made,
          moved,
          altered.get(key)?.before ?? comparison.from.objects.get(key),
        );
        if (before === null) continue;
        handed.set(key, moved);
        // A type that stands aside is called as in FROM again in the end, in both.
        const first = comparison.from.objects.get(source);
        const back =
          change === undefined || first === undefined ? null : ownBack(first, comparison.from.objects.get(key), set);
        if (back !== null) givenBack.set(source, [...(givenBack.get(source) ?? []), back]);
        const properties = differences(before, column);
        if (properties.length === 0) altered.delete(key);
        else altered.set(key, { key, before, after: column, properties });
        const known = after.get(key);
        if (known === undefined) after.set(key, [source]);
        else known.push(source);
      }
    }
  }
  // From grandchildren up: what stands in the way of a child's change stands in the way of its parent's.
  for (const [key, sources] of [...after].toReversed()) {
    const way = inTheWay.get(key) ?? [];
    for (const source of way.length === 0 ? [] : sources)
      inTheWay.set(source, [...new Set([...(inTheWay.get(source) ?? []), ...way])]);
  }
  return { altered, inTheWay, after, givenBack };
}

/**
 * A child's column as the undo of a change of its parent's leaves it, to what it was; null where that is the same. `moved`
 * names the properties that the change was about.
 */
export function ownBack(
  parent: CatalogObject,
  child: CatalogObject | undefined,
  moved: ReadonlySet<string>,
): Change | null {
  if (parent.kind !== "column" || child?.kind !== "column") return null;
  const names = HANDED_DOWN.filter((name) => moved.has(name));
  const before = { ...child, ...picked(parent, names) };
  const properties = differences(before, child);
  return properties.length === 0 ? null : { type: "alter", before, after: child, properties };
}

// What a column lets go of before it is changed goes in its children, too.
function released(source: RefKey, { from }: Comparison, { loose }: Decision): readonly string[] {
  const [before, after] = [from.objects.get(source), loose.get(source)];
  return before === undefined || after === undefined ? [] : differences(before, after);
}

// The child's column once its parent's was changed or added; null where it is its own.
function comesTo(
  column: ColumnObject,
  parent: ColumnObject,
  made: boolean,
  moved: ReadonlySet<string>,
  known: CatalogObject | undefined,
): ColumnObject | null {
  if (made) return column.inherited ? { ...column, ...picked(parent, HANDED_DOWN), comment: null } : null;
  if (known?.kind !== "column") return null;
  return {
    ...known,
    ...picked(
      parent,
      HANDED_DOWN.filter((name) => moved.has(name)),
    ),
  };
}

/** Some properties of a column. */
export function picked(column: ColumnObject, names: readonly (typeof HANDED_DOWN)[number][]): Partial<ColumnObject> {
  return Object.fromEntries(names.map((name) => [name, column[name]]));
}

function columnsByTable({ to }: Comparison): ReadonlyMap<RefKey, readonly ColumnObject[]> {
  const columns = new Map<RefKey, ColumnObject[]>();
  for (const object of to.objects.values()) {
    if (object.kind !== "column") continue;
    const key = refKey({ kind: "table", schema: object.schema, table: null, name: object.table, signature: "" });
    const known = columns.get(key);
    if (known === undefined) columns.set(key, [object]);
    else known.push(object);
  }
  return columns;
}
