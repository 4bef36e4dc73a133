import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { ConstraintObject, IndexObject } from "../../model/catalog.ts";
import { qualified } from "../../sql/identifier.ts";
import { checkExpression } from "./limits.ts";
import { tableKey } from "./order.ts";

/**
 * The tables that rows are drawn for: those that are no partitions. A partitioned one also carries what stands on its
 * partitions alone (keys, references, NOT NULL, unique indexes; manual, "Table Partitioning": a partition may have
 * constraints of its own), since its rows end up in them. All its rows are made to satisfy that, which asks more of
 * them than the server does; a check, which in each partition may be another, is asked only of a partition's own rows.
 */
export async function rootTables(session: Session, view: CatalogView): Promise<readonly TableView[]> {
  const parts = new Map<string, TableView[]>();
  for (const own of view.tables) {
    const { partitionOf } = own.table;
    if (partitionOf === null) continue;
    const key = tableKey(partitionOf.schema, partitionOf.table);
    const siblings = parts.get(key);
    if (siblings === undefined) parts.set(key, [own]);
    else siblings.push(own);
  }
  const below = (own: TableView): readonly TableView[] =>
    (parts.get(tableKey(own.table.schema, own.table.name)) ?? []).flatMap((part) => [part, ...below(part)]);
  const roots: TableView[] = [];
  for (const own of view.tables) {
    if (own.table.partitionOf !== null) continue;
    const partitions = below(own);
    roots.push(partitions.length === 0 ? own : await withPartitions(session, own, partitions));
  }
  return roots;
}

async function withPartitions(session: Session, own: TableView, partitions: readonly TableView[]): Promise<TableView> {
  const required = new Set(
    partitions.flatMap(({ columns }) => columns.filter(({ notNull }) => notNull).map(({ name }) => name)),
  );
  return {
    ...own,
    columns: own.columns.map((column) => (required.has(column.name) ? { ...column, notNull: true } : column)),
    constraints: [
      ...own.constraints,
      ...othersOf(
        own.constraints,
        partitions.flatMap(({ constraints }) => constraints).filter(({ type }) => KEYS.has(type)),
        constraintSignature,
      ),
      ...(await checksOf(session, own, partitions)),
    ],
    indexes: [
      ...own.indexes,
      ...othersOf(
        own.indexes,
        partitions.flatMap(({ indexes }) => indexes),
        indexSignature,
      ),
    ],
  };
}

// A check of all partitions is one of the table, from which values are drawn; any other judges a partition's rows.
async function checksOf(
  session: Session,
  own: TableView,
  partitions: readonly TableView[],
): Promise<readonly ConstraintObject[]> {
  const known = new Set(own.constraints.filter(({ type }) => type === "check").map(expressionOf));
  const holders = new Map<string, { readonly table: TableView["table"]; readonly check: ConstraintObject }[]>();
  for (const partition of partitions) {
    for (const check of partition.constraints) {
      if (check.type !== "check" || known.has(expressionOf(check))) continue;
      const held = { table: partition.table, check };
      const others = holders.get(expressionOf(check));
      if (others === undefined) holders.set(expressionOf(check), [held]);
      else others.push(held);
    }
  }
  const checks: ConstraintObject[] = [];
  for (const held of holders.values()) {
    const [first] = held;
    if (first !== undefined && held.length === partitions.length) checks.push(first.check);
    // What a partition of a partition has from above is judged there.
    else for (const { table, check } of held) if (!check.inherited) checks.push(await onlyIn(session, table, check));
  }
  return checks;
}

async function onlyIn(session: Session, table: TableView["table"], check: ConstraintObject): Promise<ConstraintObject> {
  const result = await session.query<{ bound: string | null }>(
    "SELECT pg_get_partition_constraintdef($1::regclass) AS bound",
    [qualified(table.schema, table.name)],
  );
  // Null: the bound leaves nothing out (the only, default partition).
  const bound = result.rows[0]?.bound ?? "true";
  const expression = `(${bound}) IS NOT TRUE OR (${expressionOf(check)})`;
  return { ...check, name: `${check.name} of ${table.name}`, expression };
}

const expressionOf = (check: ConstraintObject): string => check.expression ?? checkExpression(check.definition);

// Each of `found` once, without those that `own` has.
function othersOf<T>(own: readonly T[], found: readonly T[], signature: (one: T) => string): T[] {
  const seen = new Set(own.map(signature));
  return found.filter((one) => {
    const key = signature(one);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const KEYS: ReadonlySet<ConstraintObject["type"]> = new Set(["primary key", "unique", "foreign key", "exclusion"]);

// What a constraint asks, whatever it is called.
function constraintSignature({ type, columns, references, definition }: ConstraintObject): string {
  if (references !== null) return JSON.stringify([columns, references.schema, references.table, references.columns]);
  if (type === "primary key" || type === "unique")
    return JSON.stringify(["unique", columns, /NULLS NOT DISTINCT/i.test(definition)]);
  return JSON.stringify([type, definition]);
}

const indexSignature = ({ unique, keys, predicate, nullsNotDistinct }: IndexObject): string =>
  JSON.stringify([unique, keys, predicate, nullsNotDistinct]);
