import type { IndexKey } from "../../model/catalog.ts";
import type { Demand, Equality, OrderKey } from "./demand.ts";
import type { Figures } from "./figures.ts";

/** An index that would serve a demand, without its name. */
export interface Shape {
  readonly method: string;
  readonly keys: readonly IndexKey[];
  readonly include: readonly string[];
  readonly predicate: string | null;
  /** Why these keys in this order, as a clause after "since". */
  readonly reason: string;
}

/** What shapes are made from besides the demand. */
export interface ShapeContext {
  readonly figures: Figures;
  /** The type of the demand's column, as the server prints it. */
  readonly typeOf: (column: string) => string | undefined;
  /** Whether a column's condition on constants may stand in a predicate. */
  readonly isFixed: (column: string, text: string) => boolean;
  /** Where pg_trgm's operator classes live, quoted; null when it is not installed. */
  readonly trigrams: string | null;
}

/** More key columns than this are never told apart by the planner's statistics. */
const KEYS_MAX = 5;
/** Wider rows make an index as large as its table. */
const COVERED_BYTES_MAX = 200;
const COVERED_COLUMNS_MAX = 10;
/** A predicate that lets in more rows than this saves little. */
const PARTIAL_SHARE_MAX = 0.3;
/** A hash index is smaller than a B-tree from about this width of the key on. */
const HASH_BYTES_MIN = 40;
/** BRIN passes over ranges of pages only where values lie in the order of rows. */
const BRIN_CORRELATION_MIN = 0.9;
const BRIN_PAGES_MIN = 4096;

interface Base {
  readonly keys: readonly OrderKey[];
  readonly reason: string;
}

const plain = (column: string): OrderKey => ({ column, order: "asc", nulls: "last" });
const keyOf = (key: OrderKey): IndexKey => ({ ...key, expression: null, opclass: null, collation: null });
const onColumn = (column: string, opclass: string | null): IndexKey => ({ ...keyOf(plain(column)), opclass });
const onExpression = (expression: string, opclass: string | null): IndexKey => ({
  ...keyOf(plain("")),
  column: null,
  expression,
  opclass,
});

// The same key twice says nothing new; the first one counts.
function keyList(...parts: readonly (readonly (string | OrderKey)[])[]): readonly OrderKey[] {
  const keys = new Map<string, OrderKey>();
  for (const part of parts.flat()) {
    const key = typeof part === "string" ? plain(part) : part;
    if (!keys.has(key.column)) keys.set(key.column, key);
  }
  return [...keys.values()];
}

/** The shapes that serve one demand, most of them B-trees; the same one may come more than once. */
export function shapesOf(demand: Demand, context: ShapeContext): readonly Shape[] {
  const bases = basesOf(demand, context.figures);
  const trees = bases.flatMap(({ keys, reason }): Shape[] => {
    if (keys.length === 0 || keys.length > KEYS_MAX) return [];
    const tree: Shape = { method: "btree", keys: keys.map(keyOf), include: [], predicate: null, reason };
    const rest = coveredBy(demand, keys, context.figures);
    return rest === null
      ? [tree]
      : [tree, { ...tree, include: rest, reason: `${reason}, and the included columns spare the visit of the table` }];
  });
  return [
    ...trees,
    ...covering(demand, context.figures),
    ...partial(demand, bases, context),
    ...special(demand, context),
  ];
}

function basesOf(demand: Demand, figures: Figures): readonly Base[] {
  const distinct = (column: string): number => figures.column(demand.schema, demand.table, column).distinct ?? 0;
  const of = (...kinds: readonly Equality["by"][]): string[] =>
    [...new Set(demand.equalities.flatMap(({ column, by }) => (kinds.includes(by) ? [column] : [])))].toSorted(
      (a, b) => distinct(b) - distinct(a) || (a < b ? -1 : 1),
    );
  const values = of("value", "null").slice(0, 4);
  const lists = of("list").slice(0, 4);
  const ranges = [...demand.ranges].slice(0, 4);
  const joins = joinSets(demand);
  const firsts = [[], values.slice(0, 3)].filter((first, at) => at === 0 || first.length > 0);
  const bases: Base[] = [];
  const add = (reason: string, ...parts: readonly (readonly (string | OrderKey)[])[]): void => {
    bases.push({ keys: keyList(...parts), reason });
  };
  const word = (columns: readonly (string | OrderKey)[]): string =>
    columns.map((column) => (typeof column === "string" ? column : column.column)).join(", ");
  for (const column of values) add(`${column} is compared with a value`, [column]);
  if (values.length > 1) add(`${word(values)} are compared with values, the more selective first`, values);
  for (const first of firsts) {
    const start =
      first.length === 0
        ? ""
        : first.length === 1
          ? `${word(first)} is compared with a value and stands first; `
          : `${word(first)} are compared with values and stand first; `;
    for (const column of lists) add(`${start}${column} is compared with a list`, first, [column]);
    for (const range of ranges) {
      add(`${start}${range} is a range, so it stands last`, first, [range]);
      for (const column of lists)
        add(`${start}${column} is compared with a list, ${range} with a range`, first, [column], [range]);
    }
    for (const join of joins) {
      add(`${start}${word(join)} joins another table`, first, join);
      if (first.length > 0) add(`${word(join)} joins another table; ${word(first)} narrows further`, join, first);
      for (const range of ranges) {
        add(`${start}${word(join)} joins another table; ${range} is a range`, first, join, [range]);
        if (first.length === 0) add(`${range} is a range; ${word(join)} is given to the join`, [range], join);
      }
      for (const column of lists) {
        add(`${start}${word(join)} joins another table; ${column} is compared with a list`, first, join, [column]);
        if (first.length === 0)
          add(`${column} is compared with a list; ${word(join)} is given to the join`, [column], join);
      }
    }
    for (const { keys, limited } of demand.orders) {
      const end = limited ? "and a limit stops after the first rows" : "so that no sort is needed";
      add(`${start}the result is ordered by ${word(keys)}, ${end}`, first, keys);
      // Ordered keys behind a join's column stay in order within each of its values.
      if (first.length === 0)
        for (const join of joins) add(`${word(join)} joins, ${word(keys)} orders within it`, join, keys);
    }
    for (const group of demand.groups) add(`${start}rows are grouped by ${word(group)}`, first, group);
  }
  return bases;
}

// The columns that join each other table, one by one and together in both directions.
function joinSets(demand: Demand): readonly (readonly string[])[] {
  const byOther = new Map<number | null, Set<string>>();
  for (const { column, by, with: other } of demand.equalities) {
    if (by !== "join") continue;
    byOther.set(other, (byOther.get(other) ?? new Set()).add(column));
  }
  const sets = new Map<string, readonly string[]>();
  for (const columns of byOther.values()) {
    const all = [...columns].slice(0, 3);
    for (const set of [...all.map((column) => [column]), all, all.toReversed()]) sets.set(JSON.stringify(set), set);
  }
  return [...sets.values()];
}

// What else the query needs of the row; null where that is nothing, everything, or too wide.
function coveredBy(demand: Demand, keys: readonly OrderKey[], figures: Figures): readonly string[] | null {
  if (demand.whole) return null;
  const inside = new Set(keys.map((key) => key.column));
  const rest = [...demand.uses].filter((column) => !inside.has(column)).toSorted();
  return rest.length > 0 && coveredFits(demand.schema, demand.table, rest, figures) ? rest : null;
}

/** Whether so many columns may be included: more make an index as large as its table. */
export function coveredFits(schema: string, table: string, columns: readonly string[], figures: Figures): boolean {
  const bytes = columns.reduce((sum, column) => sum + (figures.column(schema, table, column).width_bytes ?? 16), 0);
  return columns.length <= COVERED_COLUMNS_MAX && bytes <= COVERED_BYTES_MAX;
}

// A narrow copy of a wide table, where a query reads few columns of most rows.
function covering(demand: Demand, figures: Figures): readonly Shape[] {
  if (demand.whole || demand.uses.size === 0) return [];
  const [first = "", ...others] = [...demand.uses].toSorted();
  const rest = coveredBy(demand, [plain(first)], figures);
  if (rest === null && others.length > 0) return [];
  const reason = "the query reads these columns of many rows, and the index is narrower than the table";
  return [{ method: "btree", keys: [keyOf(plain(first))], include: rest ?? [], predicate: null, reason }];
}

function partial(demand: Demand, bases: readonly Base[], { figures, typeOf, isFixed }: ShapeContext): readonly Shape[] {
  const { schema, table } = demand;
  const shapes: Shape[] = [];
  const conditions: { readonly column: string; readonly text: string; readonly share: number | null }[] = [
    ...demand.equalities.flatMap(({ column, text, by, constants }) => {
      if (text === null || by === "join") return [];
      if (by !== "null" && typeOf(column) !== "boolean" && !isFixed(column, text)) return [];
      const share =
        by === "null"
          ? figures.column(schema, table, column).nullShare
          : figures.shareOf(schema, table, column, constants ?? []);
      return [{ column, text, share: share ?? (typeOf(column) === "boolean" || by === "null" ? 0 : null) }];
    }),
    ...demand.conditions.map(({ column, text }) => {
      const { nullShare } = figures.column(schema, table, column);
      return { column, text, share: nullShare === null ? null : 1 - nullShare };
    }),
  ];
  const named = new Set(demand.equalities.flatMap(({ column, by }) => (by === "null" ? [] : [column])));
  for (const { column, text, share } of conditions) {
    if (share === null || share > PARTIAL_SHARE_MAX) continue;
    const alone = named.has(column) ? "; it serves no other value" : "";
    const reason = `only rows with ${text} are asked for${share > 0 ? `, ${(share * 100).toPrecision(2)} % of all` : ""}${alone}`;
    const others = bases.filter(({ keys }) => keys.length <= 2 && keys.every((key) => key.column !== column));
    for (const base of others)
      shapes.push({
        method: "btree",
        keys: base.keys.map(keyOf),
        include: [],
        predicate: text,
        reason: `${base.reason}; ${reason}`,
      });
    const rest = coveredBy(demand, [plain(column)], figures);
    shapes.push({ method: "btree", keys: [keyOf(plain(column))], include: [], predicate: text, reason });
    if (rest !== null)
      shapes.push({
        method: "btree",
        keys: [keyOf(plain(column))],
        include: rest,
        predicate: text,
        reason: `${reason}, and the included columns spare the visit of the table`,
      });
  }
  return shapes;
}

const bare = (method: string, key: IndexKey, reason: string): Shape => ({
  method,
  keys: [key],
  include: [],
  predicate: null,
  reason,
});

function special(demand: Demand, context: ShapeContext): readonly Shape[] {
  const { figures, typeOf, trigrams } = context;
  const shapes: Shape[] = [];
  for (const { column, by } of demand.equalities) {
    const width = figures.column(demand.schema, demand.table, column).width_bytes ?? 0;
    if ((by === "value" || by === "join") && width >= HASH_BYTES_MIN)
      shapes.push(
        bare(
          "hash",
          onColumn(column, null),
          `${column} is ${Math.round(width)} bytes wide and compared for equality alone`,
        ),
      );
  }
  const pages = figures.pages(demand.schema, demand.table) ?? 0;
  for (const column of demand.ranges) {
    const correlation = figures.column(demand.schema, demand.table, column).correlation ?? 0;
    if (pages >= BRIN_PAGES_MIN && Math.abs(correlation) >= BRIN_CORRELATION_MIN)
      shapes.push(
        bare(
          "brin",
          onColumn(column, null),
          `${column} is a range and rises with the order of rows (correlation ${correlation.toFixed(2)})`,
        ),
      );
  }
  for (const { column, match } of demand.texts) {
    if (match === "prefix")
      shapes.push(
        bare("btree", onColumn(column, "text_pattern_ops"), `${column} is compared with the beginning of a text`),
      );
    else if (trigrams !== null) {
      const reason = `${column} is searched for a part of its text`;
      shapes.push(
        bare("gin", onColumn(column, `${trigrams}.gin_trgm_ops`), reason),
        bare("gist", onColumn(column, `${trigrams}.gist_trgm_ops`), reason),
      );
    }
  }
  for (const { text, by } of demand.expressions)
    shapes.push(
      bare(
        "btree",
        onExpression(text, by === "prefix" ? "text_pattern_ops" : null),
        `${text} is computed for each row and compared`,
      ),
    );
  for (const { key, isColumn, operator } of demand.contents) {
    const make = (opclass: string | null): IndexKey => (isColumn ? onColumn(key, opclass) : onExpression(key, opclass));
    for (const [method, opclass] of contentMethods(isColumn ? (typeOf(key) ?? "") : key, operator))
      shapes.push(bare(method, make(opclass), `${key} is asked for by ${operator}, which a B-tree does not serve`));
  }
  return shapes;
}

// Which methods serve an operator on a type (or an expression, told by its text).
function contentMethods(type: string, operator: string): readonly (readonly [string, string | null])[] {
  if (type.endsWith("[]")) return [["gin", null]];
  if (type.startsWith("jsonb"))
    return operator === "@>" || operator === "@?" || operator === "@@"
      ? [
          ["gin", "jsonb_path_ops"],
          ["gin", null],
        ]
      : [["gin", null]];
  if (/tsvector/.test(type)) return [["gin", null]];
  if (/range|inet|cidr|point|box|polygon|circle|geometry|geography/.test(type))
    return [
      ["gist", null],
      ["spgist", null],
    ];
  return [
    ["gin", null],
    ["gist", null],
  ];
}
