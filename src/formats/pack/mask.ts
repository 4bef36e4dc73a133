import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, ExtendedDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import { familyMasks, isPadded } from "./families.ts";
import type { FamilyMask, TextOrder } from "./families.ts";
import { KeyedRandom } from "./random.ts";
import type { Typed } from "./scale.ts";
import { isKnown, mapLeaves, shapesOf } from "./value-shape.ts";
import type { Family, OnLeaf, Shape } from "./value-shape.ts";

/** How values are masked. */
export interface MaskOptions {
  /** Who holds it can repeat the masking, and nobody else: at least 16 random bytes, thrown away afterwards. */
  readonly key: string;
  /**
   * The order of {@link textsToOrder} by collation, as the server that holds the values has it. Without it texts are
   * taken in the order of "C"; histograms ascend all the same.
   */
  readonly orders?: ReadonlyMap<string, TextOrder>;
}

type Leaf = Extract<Shape, { kind: "leaf" }>;

const groupOf = ({ family, collation }: Leaf): string => `${family}:${collation ?? ""}`;

/**
 * Replaces every value of a row in planner statistics by another one. Kept are order under the type's own comparison,
 * frequencies, equality (the same value has the same stand-in in every column of the same family of types), lengths of
 * texts, sign and rough magnitude of numbers (some 5 %), and of dates and times that of their distance from the moment
 * of reading. Booleans and enumerations stay. Of types for which no way is known the values are left out, and named
 * in `unseen`. Statistics that are masked already come back as they are.
 */
export function maskStatistics(
  catalog: Catalog,
  statistics: PlannerStatistics,
  options: MaskOptions,
): PlannerStatistics {
  if (statistics.masked) return statistics;
  const masks = familyMasks(statistics.readAt);
  const plan = planOf(catalog, statistics, masks);
  const standIns = new Map<string, ReadonlyMap<string, string>>();
  for (const [group, { leaf, values }] of plan.groups) {
    const order = leaf.family === "text" ? (options.orders?.get(leaf.collation ?? "") ?? null) : null;
    standIns.set(group, masks[leaf.family].mask([...values.values()], new KeyedRandom(options.key, group), order));
  }
  const onLeaf: OnLeaf = (leaf, text) => {
    const normal = masks[leaf.family].normal({ text, type: leaf.type });
    const masked = standIns.get(groupOf(leaf))?.get(normal) ?? normal;
    return isPadded(leaf.type) ? masked.padEnd(text.length) : masked;
  };
  const stretch = 1 + (new KeyedRandom(options.key, "lengths of ranges").fraction() - 0.5) / 10;
  return {
    ...statistics,
    masked: true,
    columns: statistics.columns.map((column) => maskColumn(column, plan.shapes.get(column), onLeaf, stretch)),
    extended: statistics.extended.map((one) => maskExtended(one, plan.extended.get(one), onLeaf)),
    unseen: [...statistics.unseen, ...plan.left],
  };
}

/**
 * The texts whose order only a server knows, by collation (as the catalog spells it; "" is the database's own). What
 * is in the order of "C" is not among them.
 */
export function textsToOrder(catalog: Catalog, statistics: PlannerStatistics): ReadonlyMap<string, readonly string[]> {
  const { groups } = planOf(catalog, statistics, familyMasks(statistics.readAt));
  const texts = new Map<string, readonly string[]>();
  for (const { leaf, values } of groups.values()) {
    if (leaf.family !== "text" || leaf.collation === '"C"') continue;
    texts.set(leaf.collation ?? "", [...new Set([...values.values()].map(({ text }) => text))]);
  }
  return texts;
}

interface Group {
  readonly leaf: Leaf;
  /** By type and text, in normal form. */
  readonly values: Map<string, Typed>;
}

interface Plan {
  /** Columns whose values can be masked. */
  readonly shapes: ReadonlyMap<ColumnDistribution, Shape>;
  readonly extended: ReadonlyMap<ExtendedDistribution, readonly Shape[]>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly left: readonly { readonly what: string; readonly why: string }[];
}

// Walks over all values once, so that each family is masked as a whole.
function planOf(catalog: Catalog, statistics: PlannerStatistics, masks: Readonly<Record<Family, FamilyMask>>): Plan {
  const shapeOf = shapesOf(catalog);
  const collations = new Map(
    catalog.objects.flatMap((object) =>
      object.kind === "column" && object.collation !== null
        ? [[JSON.stringify([object.schema, object.table, object.name]), object.collation] as const]
        : [],
    ),
  );
  const collationOf = (schema: string, relation: string, column: string): string | null =>
    collations.get(JSON.stringify([schema, relation, column])) ?? null;
  const groups = new Map<string, Group>();
  const collect = (all: readonly (readonly [Shape, string])[]): boolean => {
    const found: [Leaf, Typed][] = [];
    try {
      for (const [shape, text] of all)
        mapLeaves(shape, text, (leaf, value) => {
          masks[leaf.family].check(value);
          found.push([leaf, { text: masks[leaf.family].normal({ text: value, type: leaf.type }), type: leaf.type }]);
          return value;
        });
    } catch {
      return false;
    }
    for (const [leaf, value] of found) {
      const group = groups.get(groupOf(leaf)) ?? { leaf, values: new Map<string, Typed>() };
      groups.set(groupOf(leaf), group);
      group.values.set(`${value.type} ${value.text}`, value);
    }
    return true;
  };
  const shapes = new Map<ColumnDistribution, Shape>();
  const left = new Map<string, number>();
  for (const column of statistics.columns) {
    const shape = shapeOf(column.type, collationOf(column.schema, column.relation, column.column));
    const values = valuesOf(column, shape);
    if (isKnown(shape) && collect(values)) shapes.set(column, shape);
    else if (values.length > 0) left.set(column.type, (left.get(column.type) ?? 0) + 1);
  }
  const extended = new Map<ExtendedDistribution, readonly Shape[]>();
  let combinations = 0;
  for (const one of statistics.extended) {
    if (one.common === null) continue;
    const own = (one.types ?? []).map((type, at) =>
      type === null
        ? ({ kind: "unknown", type: "" } as const)
        : shapeOf(type, collationOf(one.schema, one.table, one.columns?.[at] ?? "")),
    );
    const width = one.common.values[0]?.length ?? 0;
    const known = own.length >= width && own.slice(0, width).every(isKnown);
    if (known && collect(pairsOf(one, own))) extended.set(one, own);
    else combinations++;
  }
  return { shapes, extended, groups, left: notesOf(left, combinations) };
}

// Values that are taken apart as the shape says; elements and range bounds beside whole values.
function valuesOf(column: ColumnDistribution, shape: Shape): (readonly [Shape, string])[] {
  const { common, histogram, rangeBounds, extremes } = column;
  const ends = extremes === undefined ? [] : [extremes.lowest, extremes.highest];
  const whole = [...(common?.values ?? []), ...(histogram ?? []), ...(rangeBounds ?? []), ...ends];
  const elements = column.elements?.values ?? [];
  const inner = elementShape(shape);
  return [...whole.map((text) => [shape, text] as const), ...elements.map((text) => [inner, text] as const)];
}

const elementShape = (shape: Shape): Shape =>
  shape.kind === "array" || shape.kind === "lexemes" ? shape.of : { kind: "unknown", type: "" };

function pairsOf({ common }: ExtendedDistribution, shapes: readonly Shape[]): (readonly [Shape, string])[] {
  return (common?.values ?? []).flatMap((row) =>
    row.flatMap((text, at) => {
      const shape = shapes[at];
      return text === null || shape === undefined ? [] : [[shape, text] as const];
    }),
  );
}

function notesOf(left: ReadonlyMap<string, number>, combinations: number): Plan["left"] {
  const why = "no way to mask values of this kind is known, so they were left out";
  const columns = [...left].map(([type, count]) => ({
    what: `common values and histograms of ${count} ${count === 1 ? "column" : "columns"} of type ${type === "" ? "unknown" : type}`,
    why,
  }));
  if (combinations === 0) return columns;
  return [...columns, { what: `common combinations of ${combinations} statistics objects`, why }];
}

function maskColumn(
  { extremes, ...column }: ColumnDistribution,
  shape: Shape | undefined,
  onLeaf: OnLeaf,
  stretch: number,
): ColumnDistribution {
  const rangeLengths = column.rangeLengths?.map((length) => length * stretch) ?? null;
  if (shape === undefined)
    return { ...column, common: null, histogram: null, elements: null, rangeBounds: null, rangeLengths };
  const { common, histogram, elements, rangeBounds } = column;
  const one = (text: string): string => mapLeaves(shape, text, onLeaf);
  const inner = elementShape(shape);
  // Where the order of texts is another than was thought, what has to ascend still does.
  const ascending = shape.kind === "leaf" && (shape.family === "text" || shape.family === "citext");
  const bounds = histogram?.map(one) ?? null;
  return {
    ...column,
    common: common === null ? null : { values: common.values.map(one), shares: common.shares },
    histogram: bounds !== null && ascending ? bounds.toSorted() : bounds,
    elements: elements === null ? null : maskElements(elements, inner, shape.kind === "lexemes", onLeaf),
    rangeBounds: rangeBounds?.map(one) ?? null,
    rangeLengths,
    ...(extremes === undefined ? {} : { extremes: { lowest: one(extremes.lowest), highest: one(extremes.highest) } }),
  };
}

// Elements stand in the order of their type, lexemes by length first (ts_typanalyze.c), each with its share.
function maskElements(
  elements: NonNullable<ColumnDistribution["elements"]>,
  shape: Shape,
  byLength: boolean,
  onLeaf: OnLeaf,
): ColumnDistribution["elements"] {
  const pairs = elements.values.map((text, at) => ({
    text: mapLeaves(shape, text, onLeaf),
    share: elements.shares[at] ?? 0,
  }));
  const isText = shape.kind === "leaf" && shape.family === "text";
  const ordered = isText
    ? pairs.toSorted((a, b) => (byLength ? a.text.length - b.text.length : 0) || (a.text < b.text ? -1 : 1))
    : pairs;
  return { ...elements, values: ordered.map(({ text }) => text), shares: ordered.map(({ share }) => share) };
}

function maskExtended(
  one: ExtendedDistribution,
  shapes: readonly Shape[] | undefined,
  onLeaf: OnLeaf,
): ExtendedDistribution {
  const expressions = one.expressions?.map((expression) => maskColumn(expression, undefined, onLeaf, 1));
  const common =
    one.common === null || shapes === undefined
      ? null
      : {
          ...one.common,
          values: one.common.values.map((row) =>
            row.map((text, at) => {
              const shape = shapes[at];
              return text === null || shape === undefined ? null : mapLeaves(shape, text, onLeaf);
            }),
          ),
        };
  return { ...one, common, ...(expressions === undefined ? {} : { expressions }) };
}
