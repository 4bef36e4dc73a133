import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { columnType } from "../rows/column-type.ts";
import type { Random } from "../rows/random.ts";
import { literalOf } from "./rows.ts";
import type { TrialTable } from "./rows.ts";
import { poolOf, valuesOf } from "./values.ts";

/** Values that are put in the place of `$n`. */
export interface Parameter {
  readonly pool: readonly string[];
}

interface Statements {
  readonly before: string;
  readonly after: string;
}

/** What may be bound to each parameter: values of the type that the server infers, or else of all columns. */
export async function parametersOf(
  session: Session,
  view: CatalogView,
  { before, after }: Statements,
  tables: readonly TrialTable[],
  constants: readonly string[],
): Promise<readonly Parameter[]> {
  const count = Math.max(0, ...[...`${before} ${after}`.matchAll(/\$(\d{1,4})\b/g)].map((match) => Number(match[1])));
  if (count === 0) return [];
  const all = [
    ...new Set([...constants, ...tables.flatMap((one) => one.columns.flatMap((column) => valuesOf(column.pool)))]),
  ];
  const types = await inferredTypes(session, before);
  return Array.from({ length: count }, (_, index) => {
    const type = types[index];
    const own = type === undefined ? [] : valuesOf(poolOf(view, columnType(view, type), [], constants));
    return { pool: own.length > 0 ? own : all };
  });
}

async function inferredTypes(session: Session, sql: string): Promise<readonly string[]> {
  await session.execute("BEGIN");
  try {
    await session.execute(`PREPARE dbwright_parameters AS ${sql}`);
    const { rows } = await session.query<{ types: string[] }>(
      "SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'dbwright_parameters'",
    );
    await session.execute("DEALLOCATE dbwright_parameters");
    return rows[0]?.types ?? [];
  } catch (error) {
    // It cannot be told: values of any type are tried.
    if (!isSqlState((error as { code?: string }).code)) throw error;
    return [];
  } finally {
    await session.execute("ROLLBACK");
  }
}

/** The statement with NULL for each parameter. */
export const withoutParameters = (sql: string): string => replaceParameters(sql, () => "NULL");

// Only outside of strings, quoted names and comments.
function replaceParameters(sql: string, by: (number: number) => string): string {
  return sql.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\$(\d{1,4})\b/g,
    (whole, number: string | undefined) => (number === undefined ? whole : by(Number(number))),
  );
}

/** One value for each parameter; null for NULL. */
export const bindings = (parameters: readonly Parameter[], random: Random): readonly (string | null)[] =>
  parameters.map(({ pool }) => (random.chance(0.1) || pool.length === 0 ? null : random.pick(pool)));

/** The statement with those values in the place of its parameters. */
export const withParameters = (sql: string, values: readonly (string | null)[]): string =>
  values.length === 0 ? sql : replaceParameters(sql, (number) => ` ${literalOf(values[number - 1] ?? null)}`);
