import type { SequenceOptions } from "../../model/catalog.ts";
import type { Statement } from "../../model/statement.ts";
import { literal, statement } from "./print.ts";

/** What the lists below select from pg_sequence. */
export interface SequenceRow {
  readonly seq_type: string;
  readonly seq_start: string;
  readonly seq_increment: string;
  readonly seq_min: string;
  readonly seq_max: string;
  readonly seq_cache: string;
  readonly seq_cycle: boolean;
}

/** SQL: the select list for the pg_sequence row with the alias `s`. */
export const SEQUENCE_COLUMNS: string = `format_type(s.seqtypid, null) as seq_type, s.seqstart as seq_start,
      s.seqincrement as seq_increment, s.seqmin as seq_min, s.seqmax as seq_max, s.seqcache as seq_cache,
      s.seqcycle as seq_cycle`;

/** The options a row of pg_sequence states. */
export function sequenceOptions(row: SequenceRow): SequenceOptions {
  return {
    type: row.seq_type,
    start: row.seq_start,
    increment: row.seq_increment,
    min: row.seq_min,
    max: row.seq_max,
    cache: row.seq_cache,
    cycle: row.seq_cycle,
  };
}

// The widest counter of each type a sequence can have.
const LIMITS: Readonly<Record<string, readonly [min: string, max: string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};

/** The clauses that say what differs from CREATE SEQUENCE's defaults; the type is left to the caller. */
export function sequenceClauses(options: SequenceOptions): string[] {
  const [least, most] = LIMITS[options.type] ?? ["", ""];
  const rising = !options.increment.startsWith("-");
  const min = rising ? "1" : least;
  const max = rising ? most : "-1";
  const clauses: string[] = [];
  if (options.increment !== "1") clauses.push(`INCREMENT BY ${options.increment}`);
  if (options.min !== min) clauses.push(`MINVALUE ${options.min}`);
  if (options.max !== max) clauses.push(`MAXVALUE ${options.max}`);
  if (options.start !== (rising ? options.min : options.max)) clauses.push(`START WITH ${options.start}`);
  if (options.cache !== "1") clauses.push(`CACHE ${options.cache}`);
  if (options.cycle) clauses.push("CYCLE");
  return clauses;
}

/** The clauses of ALTER SEQUENCE that turn one set of options into another. What the counter stands at stays. */
export function changedClauses(before: SequenceOptions, after: SequenceOptions): string[] {
  const clauses: string[] = [];
  if (after.type !== before.type) clauses.push(`AS ${after.type}`);
  if (after.increment !== before.increment) clauses.push(`INCREMENT BY ${after.increment}`);
  if (after.min !== before.min) clauses.push(`MINVALUE ${after.min}`);
  if (after.max !== before.max) clauses.push(`MAXVALUE ${after.max}`);
  if (after.start !== before.start) clauses.push(`START WITH ${after.start}`);
  if (after.cache !== before.cache) clauses.push(`CACHE ${after.cache}`);
  if (after.cycle !== before.cycle) clauses.push(after.cycle ? "CYCLE" : "NO CYCLE");
  return clauses;
}

const WIDTHS: readonly string[] = ["smallint", "integer", "bigint"];

const lesser = (a: string, b: string): string => (BigInt(a) < BigInt(b) ? a : b);
const greater = (a: string, b: string): string => (BigInt(a) > BigInt(b) ? a : b);

/**
 * What must run before bounds are narrowed: the server refuses bounds that the counter stands outside of. A counter
 * outside is put on the nearest new bound, which it gives out next; one inside stays. `name` is the sequence's, quoted.
 */
export function boundStatements(name: string, before: SequenceOptions, after: SequenceOptions): Statement[] {
  const narrowed = BigInt(after.min) > BigInt(before.min) || BigInt(after.max) < BigInt(before.max);
  if (!narrowed) return [];
  // The new bound may lie beyond the old range: for the moment both are allowed.
  const [min, max] = [lesser(before.min, after.min), greater(before.max, after.max)];
  const wider = WIDTHS.indexOf(after.type) > WIDTHS.indexOf(before.type);
  const clauses = [
    ...(wider ? [`AS ${after.type}`] : []),
    ...(min === before.min ? [] : [`MINVALUE ${min}`]),
    ...(max === before.max ? [] : [`MAXVALUE ${max}`]),
  ];
  const inside = `last_value BETWEEN ${after.min} AND ${after.max}`;
  return [
    ...(clauses.length === 0 ? [] : [statement(`ALTER SEQUENCE ${name} ${clauses.join(" ")}`)]),
    statement(
      `SELECT pg_catalog.setval(${literal(name)}, LEAST(GREATEST(last_value, ${after.min}), ${after.max}), ` +
        `is_called AND ${inside}) FROM ${name}`,
    ),
  ];
}
