import type { ColumnObject } from "../../model/catalog.ts";
import type { Job, Move } from "./column-type-job.ts";
import { temporaryName } from "./names.ts";
import { identityAlone } from "./serial-counter.ts";

/** The counter of an identity column is inside the column; this sequence, printed, holds its place while there is none. */
export function counterOf({ context, before }: Job): string {
  const name = temporaryName(context, "counter", before.schema, before.table, before.name);
  return context.dialect.qualified(before.schema, name);
}

/** SQL: a place of the other column's counter as one of the column's: where the bounds are others, the nearest they allow. */
export function within(place: string, column: ColumnObject, other: ColumnObject): string {
  const [own, was] = [column.identity?.sequence, other.identity?.sequence];
  if (own === undefined || was === undefined || (own.min === was.min && own.max === was.max)) return place;
  return `LEAST(GREATEST(${place}, ${own.min}), ${own.max})`;
}

/** The statement by which the column's counter goes on where the sequence `from` stands. */
export function setCounter(job: Job, from: string, column: ColumnObject): string {
  const { literal } = job.context.dialect;
  const own = `pg_catalog.pg_get_serial_sequence(${literal(job.table)}, ${literal(job.before.name)})`;
  const place = within("last_value", column, column === job.before ? job.after : job.before);
  return `SELECT pg_catalog.setval(${own}, ${place}, is_called) FROM ${from}`;
}

/** The counter's place is kept in a sequence, and the column has no identity any more. */
export function saveCounter(job: Job): Move[] {
  const { table, own, context, before } = job;
  const counter = counterOf(job);
  const { literal } = context.dialect;
  const inner = `pg_catalog.pg_get_serial_sequence(${literal(table)}, ${literal(before.name)})`;
  const increment = before.identity?.sequence.increment ?? "1";
  const { min, max } = before.identity?.sequence ?? { min: "1", max: "9223372036854775807" };
  return [
    {
      sql: `CREATE SEQUENCE ${counter} INCREMENT BY ${increment} MINVALUE ${min} MAXVALUE ${max} START WITH ${increment.startsWith("-") ? max : min}`,
      undo: [`DROP SEQUENCE ${counter}`],
    },
    // Takes one value, so that where the counter stands need not be guessed.
    {
      sql: `SELECT pg_catalog.setval(${context.dialect.literal(counter)}::pg_catalog.regclass, pg_catalog.nextval(${inner}), true)`,
      undo: [setCounter(job, counter, before)],
    },
    {
      sql: `ALTER TABLE ${table} ALTER COLUMN ${own} DROP IDENTITY`,
      undo: [identityAlone(before, context)],
    },
  ];
}
