import { parseSql } from "../../sql/parse.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { ColumnObject, IndexObject } from "../../model/catalog.ts";
import { columnType } from "./column-type.ts";
import type { ColumnType } from "./column-type.ts";
import { NO_LIMITS, checkExpression, mergeLimits, understand } from "./limits.ts";
import type { Limits, Understanding } from "./limits.ts";
import { softReferences } from "./soft-references.ts";
import { columnReferences } from "../../sql/expression.ts";
import { nodesOf } from "../../sql/walk.ts";

/** A column as the generator sees it. */
export interface ColumnPlan {
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  readonly limits: Limits;
  /** False where the server computes the value: generated columns, and types that cannot be drawn. */
  readonly sent: boolean;
  /** The only value it can have, or null. */
  readonly constant: string | null;
  readonly default: string | null;
  readonly identity: boolean;
  readonly generated: ColumnObject["generated"];
  /** Values that a partial index singles out: they are to be the minority. */
  readonly rare: readonly string[];
  /** Ranges (from, to) of the partitions by this column; empty when it is not the partition key. */
  readonly ranges: readonly { readonly from: string | null; readonly to: string | null }[];
}

/** A key whose values are unique. Columns are positions in the row. */
export interface KeyPlan {
  readonly name: string;
  readonly columns: readonly number[];
  /** True when an expression or a predicate takes part: then the server evaluates it. */
  readonly onServer: { readonly key: string; readonly predicate: string | null } | null;
  /** What the key and its predicate read. */
  readonly reads: readonly number[];
  readonly nullsDistinct: boolean;
}

/** A foreign key. Columns are positions in the row. */
export interface ReferencePlan {
  readonly name: string;
  readonly columns: readonly number[];
  readonly target: { readonly schema: string | null; readonly table: string };
  readonly targetColumns: readonly string[];
  readonly self: boolean;
  /** Columns set to null when nothing is referenced; empty when the reference is required. */
  readonly nullable: readonly number[];
  /** At most one row may point to each target. */
  readonly exclusive: boolean;
  /** False where no constraint holds it: see `softReferences`. */
  readonly enforced: boolean;
}

/** An exclusion constraint of the form "no overlap per group". */
export interface IntervalPlan {
  readonly name: string;
  readonly group: readonly number[];
  readonly from: number;
  /** Null when `from` is itself of a range type. */
  readonly to: number | null;
}

/** A check that the server evaluates on candidates. */
export interface CheckPlan {
  readonly name: string;
  /** An expression over the row's columns; false refuses the row. */
  readonly expression: string;
  readonly columns: readonly number[];
}

/** All that is needed to draw rows of one table. */
export interface TablePlan {
  readonly schema: string | null;
  readonly table: string;
  readonly columns: readonly ColumnPlan[];
  readonly keys: readonly KeyPlan[];
  readonly references: readonly ReferencePlan[];
  readonly intervals: readonly IntervalPlan[];
  readonly checks: readonly CheckPlan[];
  readonly exactlyOne: readonly (readonly number[])[];
  readonly orderings: readonly { readonly low: number; readonly high: number; readonly strict: boolean }[];
  /** Exclusion constraints of another form, which only the load will judge. */
  readonly unplanned: readonly string[];
}

/** Plans one table of a catalog. */
export async function planTable(view: CatalogView, own: TableView): Promise<TablePlan> {
  const position = new Map(own.columns.map((column, index) => [column.name, index]));
  const places = (names: readonly string[]): number[] =>
    names.map((name) => position.get(name)).filter((index): index is number => index !== undefined);
  const facts = await tableFacts(own);
  const columns = await Promise.all(own.columns.map((column) => planColumn(view, own, column, facts)));
  const required = new Set(columns.flatMap((column, index) => (column.required ? [index] : [])));
  const keys = await planKeys(own, places);
  const { intervals, unplanned } = await planIntervals(own, places);
  return {
    schema: own.table.schema,
    table: own.table.name,
    columns,
    keys,
    references: [...planReferences(own, places, required, keys), ...planSoft(view, own, places, required)],
    intervals,
    checks: planChecks(own, columns, places),
    exactlyOne: facts.checks.flatMap((check) => check.exactlyOne.map(places)),
    orderings: facts.checks.flatMap((check) =>
      check.orderings.flatMap(({ low, high, strict }) => {
        const [a, b] = [position.get(low), position.get(high)];
        return a === undefined || b === undefined ? [] : [{ low: a, high: b, strict }];
      }),
    ),
    unplanned,
  };
}

interface TableFacts {
  readonly checks: readonly Understanding[];
  readonly predicates: readonly Understanding[];
}

async function tableFacts(own: TableView): Promise<TableFacts> {
  const checks = own.constraints.filter((constraint) => constraint.type === "check");
  const predicates = own.indexes.flatMap((index) => (index.predicate === null ? [] : [index.predicate]));
  return {
    checks: await Promise.all(checks.map((check) => understand(check.expression ?? checkExpression(check.definition)))),
    predicates: await Promise.all(predicates.map(understand)),
  };
}

async function planColumn(
  view: CatalogView,
  own: TableView,
  column: ColumnObject,
  facts: TableFacts,
): Promise<ColumnPlan> {
  const type = columnType(view, column.type);
  const { ranges, listed } = partitionsOf(view, own, column.name);
  let limits = facts.checks.reduce(
    (all, check) => mergeLimits(all, check.limits.get(column.name) ?? NO_LIMITS),
    NO_LIMITS,
  );
  if (listed !== null) limits = mergeLimits(limits, { ...NO_LIMITS, allowed: listed });
  for (const domain of type.domains) {
    for (const check of domain.checks) {
      // Inside a domain's check the value is called VALUE, which parses as a column of that name.
      const read = await understand(checkExpression(check.definition));
      limits = mergeLimits(limits, read.limits.get("value") ?? NO_LIMITS);
    }
  }
  const primary = own.primaryKey?.columns.includes(column.name) ?? false;
  const required = column.notNull || primary || limits.notNull || type.domains.some((domain) => domain.notNull);
  const fixed = column.generated === null ? null : /^'((?:[^']|'')*)'(::|$)/.exec(column.generated.expression);
  const single = limits.allowed?.length === 1 && required ? limits.allowed[0] : undefined;
  return {
    name: column.name,
    type,
    required,
    limits,
    sent: column.generated === null && type.kind !== "other",
    constant: fixed?.[1]?.replaceAll("''", "'") ?? single ?? null,
    default: column.default,
    identity: column.identity !== null || (column.default?.startsWith("nextval(") ?? false),
    generated: column.generated,
    rare: facts.predicates.flatMap((predicate) => predicate.limits.get(column.name)?.allowed ?? []),
    ranges,
  };
}

function partitionsOf(
  view: CatalogView,
  own: TableView,
  column: string,
): { readonly ranges: ColumnPlan["ranges"]; readonly listed: readonly string[] | null } {
  const { partitionBy, schema, name } = own.table;
  const none = { ranges: [], listed: null };
  if (partitionBy === null || partitionBy.strategy === "hash") return none;
  const first = partitionBy.key
    .split(",")[0]
    ?.trim()
    .replace(/^"(.*)"$/, "$1");
  if (first !== column) return none;
  const bounds = view
    .of("table")
    .flatMap((table) =>
      table.partitionOf?.schema === schema && table.partitionOf.table === name ? [table.partitionOf.bound] : [],
    );
  if (partitionBy.strategy === "list") {
    const values = bounds.flatMap((bound) => [...bound.matchAll(/'((?:[^']|'')*)'/g)].map((match) => match[1] ?? ""));
    return bounds.includes("DEFAULT") ? none : { ranges: [], listed: values };
  }
  const ranges = bounds.flatMap((bound) => {
    const match = /FROM \(\s*('(?:[^']|'')*'|[^,)]+).*?\) TO \(\s*('(?:[^']|'')*'|[^,)]+)/s.exec(bound);
    if (match === null) return [];
    const text = (side: string): string | null =>
      /^M(IN|AX)VALUE/.test(side) ? null : side.replace(/^'(.*)'$/s, "$1");
    return [{ from: text(match[1] ?? ""), to: text(match[2] ?? "") }];
  });
  return { ranges: ranges.toSorted((a, b) => ((a.from ?? "") < (b.from ?? "") ? -1 : 1)), listed: null };
}

type Places = (names: readonly string[]) => number[];

async function planKeys(own: TableView, places: Places): Promise<KeyPlan[]> {
  const keys: KeyPlan[] = [];
  for (const constraint of own.constraints) {
    if (constraint.type !== "primary key" && constraint.type !== "unique") continue;
    const columns = places(constraint.columns);
    const nullsDistinct = !/NULLS NOT DISTINCT/i.test(constraint.definition);
    keys.push({ name: constraint.name, columns, onServer: null, reads: columns, nullsDistinct });
  }
  for (const index of own.indexes) {
    if (!index.unique || index.constraint !== null) continue;
    const columns = places(index.keys.flatMap((key) => key.column ?? []));
    const plain = index.predicate === null && index.keys.every((key) => key.column !== null);
    keys.push({
      name: index.name,
      columns,
      onServer: plain ? null : { key: keyExpression(index), predicate: index.predicate },
      reads: places(await readBy(index)),
      nullsDistinct: !index.nullsNotDistinct,
    });
  }
  return keys;
}

async function readBy(index: IndexObject): Promise<readonly string[]> {
  const names = new Set(index.keys.flatMap((key) => key.column ?? []));
  const expressions = [...index.keys.map((key) => key.expression), index.predicate];
  for (const expression of expressions) {
    if (expression === null) continue;
    for (const { path } of await columnReferences(expression)) names.add(path.at(-1) ?? "");
  }
  return [...names];
}

function keyExpression(index: IndexObject): string {
  const parts = index.keys.map((key) => (key.column === null ? `(${key.expression})` : quoted(key.column)));
  const row = `ROW(${parts.join(", ")})::text`;
  // A key that holds a null collides with nothing, unless nulls count as equal.
  return index.nullsNotDistinct ? row : `CASE WHEN num_nulls(${parts.join(", ")}) = 0 THEN ${row} END`;
}

/** An identifier in quotes, whatever it holds. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function planReferences(
  own: TableView,
  places: Places,
  required: ReadonlySet<number>,
  keys: readonly KeyPlan[],
): ReferencePlan[] {
  return own.constraints.flatMap((constraint): ReferencePlan[] => {
    if (constraint.type !== "foreign key" || constraint.references === null) return [];
    const columns = places(constraint.columns);
    const { schema, table, columns: targetColumns } = constraint.references;
    return [
      {
        name: constraint.name,
        columns,
        target: { schema, table },
        targetColumns,
        self: schema === own.table.schema && table === own.table.name,
        nullable: columns.filter((column) => !required.has(column)),
        exclusive: keys.some(
          (key) =>
            key.onServer === null && key.columns.length > 0 && key.columns.every((column) => columns.includes(column)),
        ),
        enforced: true,
      },
    ];
  });
}

function planSoft(view: CatalogView, own: TableView, places: Places, required: ReadonlySet<number>): ReferencePlan[] {
  return softReferences(view, own).map(({ columns, target, targetColumns }) => {
    const at = places(columns);
    const nullable = at.filter((column) => !required.has(column));
    const name = `${own.table.name}.${columns.at(-1) ?? ""}`;
    return { name, columns: at, target, targetColumns, self: false, nullable, exclusive: false, enforced: false };
  });
}

function planChecks(own: TableView, columns: readonly ColumnPlan[], places: Places): CheckPlan[] {
  const checks = own.constraints.flatMap((constraint): CheckPlan[] => {
    if (constraint.type !== "check") return [];
    const expression = constraint.expression ?? checkExpression(constraint.definition);
    return [{ name: constraint.name, expression, columns: places(constraint.columns) }];
  });
  columns.forEach((column, position) => {
    for (const domain of column.type.domains) {
      for (const check of domain.checks) {
        const expression = `(SELECT ${checkExpression(check.definition)} FROM (SELECT ${quoted(column.name)} AS value) AS of_domain)`;
        checks.push({ name: check.name, expression, columns: [position] });
      }
    }
  });
  return checks;
}

async function planIntervals(
  own: TableView,
  places: Places,
): Promise<{ readonly intervals: readonly IntervalPlan[]; readonly unplanned: readonly string[] }> {
  const intervals: IntervalPlan[] = [];
  const unplanned: string[] = [];
  for (const constraint of own.constraints) {
    if (constraint.type !== "exclusion") continue;
    const plan = await planInterval(constraint.name, constraint.definition, places);
    if (plan === null) unplanned.push(constraint.name);
    else intervals.push(plan);
  }
  return { intervals, unplanned };
}

async function planInterval(name: string, definition: string, places: Places): Promise<IntervalPlan | null> {
  const parsed = await parseSql(`ALTER TABLE t ADD CONSTRAINT c ${definition}`);
  if (!parsed.ok || parsed.value[0] === undefined) return null;
  const group: number[] = [];
  let span: readonly number[] = [];
  for (const { type, node } of nodesOf(parsed.value[0].node)) {
    if (type !== "Constraint") continue;
    for (const pair of (node["exclusions"] ?? []) as { List: { items: unknown[] } }[]) {
      const [element, operator] = pair.List.items as [unknown, unknown];
      const names = [...nodesOf(element as never)].flatMap((visited) =>
        visited.type === "ColumnRef"
          ? ((visited.node["fields"] as { String?: { sval?: string } }[]).at(-1)?.String?.sval ?? [])
          : visited.type === "IndexElem" && typeof visited.node["name"] === "string"
            ? visited.node["name"]
            : [],
      );
      const sign = JSON.stringify(operator);
      if (sign.includes('"&&"')) span = places(names);
      else if (sign.includes('"="')) group.push(...places(names));
      else return null;
    }
  }
  const [from, to] = span;
  return from === undefined || span.length > 2 ? null : { name, group, from, to: to ?? null };
}
