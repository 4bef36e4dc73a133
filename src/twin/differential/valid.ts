import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import { ident } from "../../engines/postgres/print.ts";
import type { TrialTable } from "./rows.ts";
import { valuesOf } from "./values.ts";
import type { Pool } from "./values.ts";

/**
 * Leaves out the values that a column would refuse, by its type (with all domains) or by a check of it alone, so that
 * rows are not lost to them.
 */
export async function withValidValues(session: Session, tables: readonly TrialTable[]): Promise<readonly TrialTable[]> {
  const kept: TrialTable[] = [];
  for (const table of tables) {
    const columns: TrialTable["columns"][number][] = [];
    for (const column of table.columns) {
      const valid = await validOf(session, valuesOf(column.pool), column.sql);
      const checked = valid === null ? null : await checkedOf(session, [...valid], column);
      columns.push(checked === null ? column : { ...column, pool: only(column.pool, checked) });
    }
    kept.push({ ...table, columns });
  }
  return kept;
}

const only = ({ exact, beside, usual, rare }: Pool, valid: ReadonlySet<string>): Pool => {
  const some = (values: readonly string[]): readonly string[] => values.filter((value) => valid.has(value));
  return { exact: some(exact), beside: some(beside), usual: some(usual), rare: some(rare) };
};

const asked = async (session: Session, sql: string, values: readonly string[]): Promise<ReadonlySet<string> | null> => {
  try {
    const { rows } = await session.query<{ value: string }>(sql, [[...values]]);
    return new Set(rows.map(({ value }) => value));
  } catch (error) {
    if (!isSqlState((error as { code?: string }).code)) throw error;
    return null;
  }
};

async function validOf(session: Session, values: readonly string[], type: string): Promise<ReadonlySet<string> | null> {
  if (values.length === 0) return null;
  const text = `'${type.replaceAll("'", "''")}'`;
  const sql = (accepts: string): string =>
    `SELECT value FROM unnest($1::text[]) AS value WHERE ${accepts}(value, ${text})`;
  const valid = await asked(session, sql("pg_input_is_valid"), values);
  if (valid !== null || session.versionNumber >= 160_000) return valid;
  await session.execute(ACCEPTS);
  return await asked(session, sql("pg_temp.dbwright_accepts"), values);
}

// What pg_input_is_valid says, before PostgreSQL 16.
const ACCEPTS = `CREATE OR REPLACE FUNCTION pg_temp.dbwright_accepts(value text, type text) RETURNS boolean
  LANGUAGE plpgsql AS $$BEGIN
    EXECUTE pg_catalog.format('SELECT %L::%s', value, type);
    RETURN true;
  EXCEPTION WHEN OTHERS THEN
    RETURN false;
  END$$`;

async function checkedOf(
  session: Session,
  values: readonly string[],
  { name, sql, checks }: TrialTable["columns"][number],
): Promise<ReadonlySet<string>> {
  let valid: ReadonlySet<string> = new Set(values);
  for (const check of checks) {
    const passing = await asked(
      session,
      `SELECT text AS value FROM (SELECT text, text::${sql} AS ${ident(name)} FROM unnest($1::text[]) AS text) AS one WHERE (${check}) IS NOT FALSE`,
      [...valid],
    );
    if (passing !== null) valid = passing;
  }
  return valid;
}
