import { planDiff } from "../../diff/plan.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import type { Catalog, IndexObject, TableObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import type { Plan } from "../../model/plan.ts";
import { ref, refKey } from "../../model/ref.ts";

/** The longest name that a server keeps whole (NAMEDATALEN less one). */
const NAME_BYTES_MAX = 63;

/**
 * The way to new indexes and without old ones, as it is run in production: each built CONCURRENTLY, on a partitioned
 * table one partition after the other; drops come last. Sizes are not looked at: every table may be large.
 */
export async function planOfIndexes(
  catalog: Catalog,
  create: readonly IndexObject[],
  drop: readonly { readonly schema: string; readonly name: string }[],
): Promise<Plan> {
  const gone = new Set(drop.map(({ schema, name }) => JSON.stringify([schema, name])));
  const taken = new Set(
    catalog.objects.flatMap(({ kind, schema, name }) => (kind === "column" ? [] : [keyOf(schema, name)])),
  );
  const made = create.flatMap((index) => {
    const parts = partsOf(index, catalog, taken);
    return parts.length === 0 ? [index] : [alone(index), ...parts];
  });
  const kept = catalog.objects.filter(
    (object) => object.kind !== "index" || !gone.has(JSON.stringify([object.schema, object.name])),
  );
  const wanted = catalogOf(catalog.engine, [...kept, ...made], catalog.unmodelled);
  return await planDiff(catalog, wanted, { dialect: postgres, statistics: null });
}

/** The statements that build one index in production, in order. */
export async function indexStatements(index: IndexObject, catalog: Catalog): Promise<readonly string[]> {
  const parted = viewOf(catalog).table(index.schema, index.table)?.table.partitionBy;
  if (parted !== null && parted !== undefined)
    return (await planOfIndexes(catalog, [index], [])).steps.map(({ sql }) => sql);
  return postgres.change({ type: "create", object: index }, catalog, "online").map(({ sql }) => sql);
}

const keyOf = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

// The indexes that the partitions get. With foreign partitions, which have none, the whole can only be made at once.
function partsOf(index: IndexObject, catalog: Catalog, taken: Set<string>): readonly IndexObject[] {
  const tables = viewOf(catalog).tables.map(({ table }) => table);
  const below = (schema: string | null, name: string): readonly TableObject[] =>
    tables.filter(({ partitionOf }) => partitionOf?.schema === schema && partitionOf.table === name);
  const parts: IndexObject[] = [];
  const visit = (parent: IndexObject): boolean =>
    below(parent.schema, parent.table).every((partition) => {
      if (partition.foreign !== undefined) return false;
      const part = partOf(parent, partition, taken);
      parts.push(below(part.schema, part.table).length > 0 ? alone(part) : part);
      return visit(part);
    });
  return index.definition.startsWith(headOf(index)) && visit(index) ? parts : [];
}

function partOf(parent: IndexObject, { schema, name: table }: TableObject, taken: Set<string>): IndexObject {
  const name = freeName(schema, `${table}_${parent.name}`, taken);
  const head = headOf(parent);
  const columns = [...parent.keys.flatMap(({ column }) => column ?? []), ...parent.include];
  return {
    ...parent,
    schema,
    table,
    name,
    partitionOf: { schema: parent.schema ?? "", name: parent.name },
    definition: `${headOf({ name, schema, table })}${parent.definition.slice(head.length)}`,
    dependsOn: [
      refKey(parent),
      refKey(ref("table", table, { schema })),
      ...columns.map((column) => refKey(ref("column", column, { schema, table }))),
    ].toSorted(),
  };
}

// As the server prints the index of a partitioned table: its partitions' are indexes of their own.
function alone(index: IndexObject): IndexObject {
  const head = headOf(index);
  return { ...index, definition: `${headOf(index, "ONLY ")}${index.definition.slice(head.length)}` };
}

const headOf = ({ name, schema, table }: Pick<IndexObject, "name" | "schema" | "table">, only = ""): string =>
  `CREATE INDEX ${postgres.ident(name)} ON ${only}${postgres.qualified(schema, table)} `;

function freeName(schema: string | null, wanted: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const end = number === 1 ? "" : `_${number}`;
    let name = wanted;
    while (Buffer.byteLength(`${name}${end}`) > NAME_BYTES_MAX) name = [...name].slice(0, -1).join("");
    name += end;
    if (taken.has(keyOf(schema, name))) continue;
    taken.add(keyOf(schema, name));
    return name;
  }
}
