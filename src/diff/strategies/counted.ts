import type { ColumnObject, SequenceObject } from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";
import type { Dialect } from "../../model/statement.ts";
import type { StrategyContext } from "../strategy.ts";
import { viewed } from "./facts.ts";

/**
 * The statement after which a new sequence gives numbers beyond those that the rows of a column hold already; null for
 * a column of no integers. Run before the column's default uses the sequence, with writers kept out: a number that a
 * transaction under way has drawn is not seen.
 */
export function countOn(sequence: SequenceObject, column: ColumnObject, dialect: Dialect): string | null {
  if (!/^(?:smallint|integer|bigint)$/.test(column.type)) return null;
  const { options, schema, name } = sequence;
  const [best, end] = options.increment.startsWith("-") ? ["LEAST", "min"] : ["GREATEST", "max"];
  const values = `(SELECT ${end}(${dialect.ident(column.name)}) FROM ${dialect.qualified(column.schema, column.table)})`;
  const counter = `${dialect.literal(dialect.qualified(schema, name))}::pg_catalog.regclass`;
  return `SELECT pg_catalog.setval(${counter}, ${best}(${values} + ${options.increment}, ${options.start}), false)`;
}

/** The sequences of the plan's own making that belong to a column in TO. */
export function newCounters(column: ColumnObject, { to, created }: StrategyContext): readonly SequenceObject[] {
  const { schema, table, name } = column;
  return viewed(to)
    .of("sequence")
    .filter((one) => one.ownedBy?.schema === schema && one.ownedBy.table === table && one.ownedBy.column === name)
    .filter((one) => created.has(refKey(one)));
}
