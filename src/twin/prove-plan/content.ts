import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog, ColumnObject, TableObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { ColumnMove, Step } from "../../model/plan.ts";
import { qualified, ident } from "../../sql/identifier.ts";

/** A table that is there before and after a plan, with the columns whose values must be the same. */
export interface Survivor {
  /** As in SQL, before and after. */
  readonly before: string;
  readonly after: string;
  /** The columns' names before and after, in one order. */
  readonly columns: readonly { readonly before: string; readonly after: string }[];
  /** SQL over a row `t`, before and after, for values that go on in another table. Absent: none. */
  readonly moved?: readonly { readonly before: string; readonly after: string }[];
  /**
   * Whether the rows of all tables below it count, as it becomes partitioned or is no longer. Absent: only its own, as a
   * table that leaves it takes its rows along.
   */
  readonly whole?: true;
  /** Whether rows may be added: those that were there must be there still. Absent: none may. */
  readonly grows?: true;
}

/** A table's rows: their number, and a digest that does not depend on their order. */
export interface Content {
  readonly rows: string;
  readonly digest: string;
  /** The digest of each row, where rows may be added. */
  readonly each?: readonly string[] | null;
}

interface Names {
  readonly table: (schema: string | null, name: string) => { readonly schema: string | null; readonly name: string };
  readonly column: (schema: string | null, table: string, name: string) => string;
}

const key = (...parts: readonly (string | null)[]): string => JSON.stringify(parts);

/** What is needed of a plan: which differences its steps make. */
export interface Causes {
  readonly steps: readonly Pick<Step, "cause">[];
  readonly moves?: readonly ColumnMove[];
}

// Names after the renames of a plan; a column's rename is looked up by its table's name before or after.
function renamesOf(plan: Causes): Names {
  const renames = plan.steps.flatMap(({ cause }): Extract<Change, { type: "rename" }>[] =>
    cause?.type === "rename" ? [cause] : [],
  );
  const tables = new Map<string, { schema: string | null; name: string }>();
  const columns = new Map<string, string>();
  for (const { before, to } of renames) {
    if (before.kind === "table") tables.set(key(before.schema, before.name), { schema: to.schema, name: to.name });
    if (before.kind === "column") columns.set(key(before.schema, before.table, before.name), to.name);
  }
  const table: Names["table"] = (schema, name) => tables.get(key(schema, name)) ?? { schema, name };
  return {
    table,
    column: (schema, own, name) => {
      const now = table(schema, own);
      return columns.get(key(schema, own, name)) ?? columns.get(key(now.schema, now.name, name)) ?? name;
    },
  };
}

const plain = (column: ColumnObject): boolean => column.generated === null;

/** The tables of FROM that TO has too, with the columns that keep their type. */
export function survivorsOf(from: Catalog, to: Catalog, plan: Causes): readonly Survivor[] {
  const names = renamesOf(plan);
  const columnsOf = (catalog: Catalog): Map<string, Map<string, ColumnObject>> => {
    const tables = new Map<string, Map<string, ColumnObject>>();
    for (const object of catalog.objects) {
      if (object.kind === "table")
        tables.set(
          key(object.schema, object.name),
          tables.get(key(object.schema, object.name)) ?? new Map<string, ColumnObject>(),
        );
      if (object.kind !== "column") continue;
      const own = tables.get(key(object.schema, object.table)) ?? new Map<string, ColumnObject>();
      tables.set(key(object.schema, object.table), own.set(object.name, object));
    }
    return tables;
  };
  const [old, wanted] = [columnsOf(from), columnsOf(to)];
  const parted = new Set(
    to.objects.flatMap((one) => (one.kind === "table" && one.partitionBy !== null ? [key(one.schema, one.name)] : [])),
  );
  // A move names its column as it is called after the renames.
  const before = (table: TableObject, name: string): string =>
    [...(old.get(key(table.schema, table.name))?.keys() ?? [])].find(
      (one) => names.column(table.schema, table.name, one) === name,
    ) ?? name;
  return from.objects.flatMap((table): Survivor[] => {
    if (table.kind !== "table") return [];
    const now = names.table(table.schema, table.name);
    const there = wanted.get(key(now.schema, now.name));
    if (there === undefined) return [];
    const columns = [...(old.get(key(table.schema, table.name)) ?? [])].flatMap(([name, column]) => {
      const after = names.column(table.schema, table.name, name);
      const other = there.get(after);
      return other !== undefined && plain(column) && plain(other) && column.type === other.type
        ? [{ before: name, after }]
        : [];
    });
    const survivor = { before: qualified(table.schema, table.name), after: qualified(now.schema, now.name), columns };
    const whole = (table.partitionBy !== null) !== parted.has(key(now.schema, now.name));
    return [
      {
        ...survivor,
        ...(whole ? { whole } : {}),
        ...movesOf(now.schema, now.name, plan.moves ?? [], (name) => before(table, name)),
      },
    ];
  });
}

// A value that moves is looked for where it is: in its own row before, in the row that belongs to it after. Several of
// these may hold it.
function movesOf(
  schema: string | null,
  name: string,
  moves: readonly ColumnMove[],
  before: (name: string) => string,
): Pick<Survivor, "moved" | "grows"> {
  const own = moves.filter(({ from }) => from.schema === schema && from.table === name);
  const moved = own.map(({ from, to, on }) => {
    const join = on.map((pair) => `m.${ident(pair.to)} = t.${ident(pair.from)}`).join(" AND ");
    const value = `m.${ident(to.column)}`;
    const found = `(SELECT ${value} FROM ${qualified(to.schema, to.table)} AS m WHERE ${join} AND ${value} IS NOT NULL LIMIT 1)`;
    return { before: `t.${ident(before(from.column))}`, after: found };
  });
  const grows = moves.some(({ to }) => to.schema === schema && to.table === name);
  return { ...(moved.length === 0 ? {} : { moved }), ...(grows ? { grows: true } : {}) };
}

/** Counts and digests, by the tables' names before the plan. The session must see every row; tables that cannot be read (foreign ones) are left out. */
export async function contentOf(
  session: Session,
  survivors: readonly Survivor[],
  side: "before" | "after",
): Promise<ReadonlyMap<string, Content>> {
  const contents = new Map<string, Content>();
  for (const survivor of survivors) {
    const columns = [
      ...survivor.columns.map((column) => `t.${ident(column[side])}`),
      ...(survivor.moved ?? []).map((value) => value[side]),
    ].join(", ");
    const digest = `pg_catalog.hashtextextended(pg_catalog.row_to_json(row(${columns}))::pg_catalog.text, 0)`;
    const each =
      survivor.grows === true ? `, pg_catalog.array_agg(${digest}::pg_catalog.text order by ${digest}) as each` : "";
    const { rows } = await session.query<Content>(
      `select pg_catalog.count(*)::pg_catalog.text as rows,
              coalesce(pg_catalog.sum(${digest}), 0)::pg_catalog.text as digest${each}
         from ${survivor.whole === true ? "" : "only "}${survivor[side]} as t`,
    );
    if (rows[0] !== undefined) contents.set(survivor.before, rows[0]);
  }
  return contents;
}

/** Tables whose rows are not what they were, in words. */
export function contentDifferences(
  before: ReadonlyMap<string, Content>,
  after: ReadonlyMap<string, Content>,
): readonly { readonly table: string; readonly what: string }[] {
  return [...before].flatMap(([table, was]) => {
    const is = after.get(table);
    if (is === undefined) return [{ table, what: `${table} is gone` }];
    if (was.each !== undefined && isWithin(was.each ?? [], is.each ?? [])) return [];
    if (is.rows !== was.rows) return [{ table, what: `${table} had ${was.rows} rows and has ${is.rows}` }];
    return is.digest === was.digest ? [] : [{ table, what: `values of ${table} have changed` }];
  });
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  const left = new Map<string, number>();
  for (const one of all) left.set(one, (left.get(one) ?? 0) + 1);
  return some.every((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count > 0;
  });
}
