import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import { qualified } from "../../engines/postgres/print.ts";
import type { ColumnDistribution } from "../../model/planner-statistics.ts";
import { columnTypes } from "./column-types.ts";
import type { ColumnType } from "./column-types.ts";
import { SLOTS_MAX, arrayText, slotsOf } from "./slots.ts";
import type { Slot } from "./slots.ts";

/** Statistics of columns as they were written, and of which columns they could not be. */
export interface WrittenColumns {
  readonly written: number;
  /** Columns that are not on the twin, or whose values the server refused, with the reason. Holds no value. */
  readonly notes: readonly string[];
}

/** Where statistics are kept: by what and which of its columns, and what the values are. All are oids but the number. */
export interface StatisticsPlace {
  readonly oid: number;
  readonly attribute: number;
  readonly type: number;
  readonly collation: number;
}

// An index's column may keep another type than its expression has (GiST, GIN), so its type is taken by name.
const PLACES = `
  SELECT g.n, c.oid, a.attnum AS attribute, a.attcollation AS collation,
         CASE WHEN c.relkind IN ('i', 'I') THEN coalesce(to_regtype(g.type)::oid, a.atttypid) ELSE a.atttypid END AS type
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
           AS g (schema, relation, attribute, type, n)
    JOIN pg_namespace AS n ON n.nspname = g.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = g.relation
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = g.attribute AND a.attnum > 0 AND NOT a.attisdropped`;

const SLOT_NUMBERS = Array.from({ length: SLOTS_MAX }, (_, index) => index + 1);
const each = (text: (slot: number) => string): string => SLOT_NUMBERS.map(text).join(", ");

// The type of `stavalues` is anyarray: array_in makes any array of a text and the type of its elements.
const INSERT = `
  INSERT INTO pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct,
    ${each((n) => `stakind${n}`)}, ${each((n) => `staop${n}`)}, ${each((n) => `stacoll${n}`)},
    ${each((n) => `stanumbers${n}`)}, ${each((n) => `stavalues${n}`)})
  SELECT g.relation, g.attribute, g.inherited, g.nulls, g.width, g."distinct",
    ${each((n) => `coalesce(k${n}, 0)`)}, ${each((n) => `coalesce(o${n}, 0)`)}, ${each((n) => `coalesce(c${n}, 0)`)},
    ${each((n) => `n${n}::real[]`)}, ${each((n) => `array_in(v${n}::cstring, t${n}, -1)`)}
    FROM json_to_recordset($1) AS g (relation oid, attribute smallint, inherited boolean, nulls real, width integer,
      "distinct" real, ${each((n) => `k${n} smallint, o${n} oid, c${n} oid, n${n} text, v${n} text, t${n} oid`)})`;

const BATCH_BYTES = 4_000_000;
const BATCH_COLUMNS = 1000;

/**
 * Writes the statistics of columns into `pg_statistic` of the session's database, in place of what is there for
 * them. The session must be a superuser's on a scratch server: majors before 18 have no function for it, and on all
 * of them the table is the same.
 */
export async function writeColumnStatistics(
  admin: Session,
  columns: readonly ColumnDistribution[],
): Promise<WrittenColumns> {
  const notes: string[] = [];
  const places = await placesOf(admin, columns);
  const placed = columns.flatMap((column, index): PlacedColumn[] => {
    const place = places.get(index);
    if (place !== undefined) return [{ column, place }];
    notes.push(`${nameOf(column)}: the twin has no such column, so its statistics were left out`);
    return [];
  });
  return { written: await writeAt(admin, placed, notes), notes };
}

/** A distribution with where it belongs. */
export interface PlacedColumn {
  readonly column: ColumnDistribution;
  readonly place: StatisticsPlace;
}

/** As {@link writeColumnStatistics}, with places known. Adds to `notes`; returns how many were written. */
export async function writeAt(admin: Session, placed: readonly PlacedColumn[], notes: string[]): Promise<number> {
  const types = await columnTypes(
    admin,
    placed.map(({ place }) => place.type),
  );
  let batch: Row[] = [];
  let bytes = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    written += await insert(admin, batch, notes);
    [batch, bytes] = [[], 0];
  };
  for (const { column, place } of placed) {
    const type = types.get(place.type);
    if (type === undefined) throw new Error(`the twin's server does not know its own type ${place.type}`);
    const row = rowOf(column, place, type);
    batch.push(row);
    bytes += row.text.length;
    if (bytes > BATCH_BYTES || batch.length >= BATCH_COLUMNS) await flush();
  }
  await flush();
  return written;
}

const nameOf = ({ schema, relation, column }: ColumnDistribution): string =>
  `${qualified(schema, relation)}, column ${JSON.stringify(column)}`;

interface Row {
  readonly name: string;
  readonly relation: number;
  readonly attribute: number;
  readonly inherited: boolean;
  /** As JSON. */
  readonly text: string;
}

async function placesOf(
  admin: Session,
  columns: readonly ColumnDistribution[],
): Promise<ReadonlyMap<number, StatisticsPlace>> {
  const list = (field: "schema" | "relation" | "column" | "type"): string[] => columns.map((column) => column[field]);
  const { rows } = await admin.query<StatisticsPlace & { readonly n: string }>(PLACES, [
    list("schema"),
    list("relation"),
    list("column"),
    list("type"),
  ]);
  return new Map(rows.map((row) => [Number(row.n) - 1, row]));
}

function rowOf(column: ColumnDistribution, place: StatisticsPlace, type: ColumnType): Row {
  const fields: Record<string, unknown> = {
    relation: place.oid,
    attribute: place.attribute,
    inherited: column.inherited,
    nulls: column.nullShare,
    width: column.width_bytes,
    distinct: column.distinct,
  };
  for (const [index, slot] of slotsOf(column).slice(0, SLOTS_MAX).entries()) {
    const number = index + 1;
    const { values, operator, collation } = subjectOf(slot, place, type);
    fields[`k${number}`] = slot.kind;
    fields[`o${number}`] = operator;
    fields[`c${number}`] = collation;
    if (slot.numbers !== null) fields[`n${number}`] = `{${slot.numbers.join(",")}}`;
    if (slot.values === null) continue;
    fields[`v${number}`] = arrayText(slot.values, values.delimiter);
    fields[`t${number}`] = values.oid;
  }
  return {
    name: nameOf(column),
    relation: place.oid,
    attribute: place.attribute,
    inherited: column.inherited,
    text: JSON.stringify(fields),
  };
}

interface Subject {
  readonly values: { readonly oid: number; readonly delimiter: string };
  readonly operator: number;
  readonly collation: number;
}

const FLOAT8 = { oid: 701, less: 672, delimiter: "," } as const;

function subjectOf(slot: Slot, place: StatisticsPlace, type: ColumnType): Subject {
  const own = { values: type, collation: place.collation };
  switch (slot.subject) {
    case "equal":
      return { ...own, operator: type.equal };
    case "less":
      return { ...own, operator: type.less };
    case "element":
      return {
        values: type.element ?? type,
        operator: type.element?.equal ?? type.equal,
        collation: type.elementCollation ?? place.collation,
      };
    case "range bounds":
      return { values: { oid: type.range, delimiter: "," }, operator: 0, collation: 0 };
    case "range lengths":
      return { values: FLOAT8, operator: FLOAT8.less, collation: 0 };
  }
}

async function insert(admin: Session, rows: readonly Row[], notes: string[]): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await admin.query(
      `DELETE FROM pg_statistic WHERE (starelid, staattnum, stainherit) IN
         (SELECT * FROM unnest($1::oid[], $2::smallint[], $3::boolean[]))`,
      [rows.map((row) => row.relation), rows.map((row) => row.attribute), rows.map((row) => row.inherited)],
    );
    await admin.query(INSERT, [`[${rows.map((row) => row.text).join(",")}]`]);
    return rows.length;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (!isSqlState(code)) throw error;
    const [only] = rows;
    if (rows.length > 1) {
      // One value that its type refuses (a list written by another program) must not cost the others.
      const half = Math.ceil(rows.length / 2);
      return (await insert(admin, rows.slice(0, half), notes)) + (await insert(admin, rows.slice(half), notes));
    }
    notes.push(`${only?.name ?? ""}: the server refused its statistics (SQLSTATE ${code}), so they were left out`);
    return 0;
  }
}
