import type { SampleFinding } from "../../model/statistics.ts";
import type { Session } from "./driver.ts";
import { ident, qualified } from "./print.ts";

/*
 * Looks for payment card numbers in sampled rows. The whole test runs on the server: what comes back are
 * counts, so that no value ever enters this process.
 */

/** A table that may hold card numbers, with the columns to look at. */
export interface SampledTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** The planner's estimate, or null. */
  readonly rows: number | null;
}

/** Values longer than this are documents, not fields; it is measured without reading them. */
const VALUE_BYTES_MAX = 256;

// A run of 13 to 19 digits, with single blanks or hyphens between them as on a card.
const DIGITS = String.raw`\m(?:\d[ -]?){12,18}\d\M`;

// Length and issuer by ISO/IEC 7812 and the schemes' published ranges: Visa, Mastercard, American Express,
// Diners Club, Discover, JCB, UnionPay, Maestro.
const ISSUERS = [
  "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})",
  "5[1-5][0-9]{14}",
  "2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}",
  "3[47][0-9]{13}",
  "3(?:0[0-5]|[689][0-9])[0-9]{11}",
  "6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}",
  "35(?:2[89]|[3-8][0-9])[0-9]{12}",
  "62[0-9]{14,17}",
  "(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{9,15}",
];
const ISSUED = `^(?:${ISSUERS.join("|")})$`;

// The check digit by Luhn (ISO/IEC 7812-1, annex B): every second digit from the right counts double.
const luhn = (digits: string): string => `(
  select sum(case when place % 2 = 1 then digit when digit > 4 then digit * 2 - 9 else digit * 2 end) % 10 = 0
  from (
    select place, substr(reverse(${digits}), place, 1)::integer as digit
    from generate_series(1, length(${digits})) as place) as places)`;

/** Counts, for each column of a table, the sampled values that pass as card numbers. Takes some three times `sampleRows`. */
export async function countCardNumbers(
  session: Session,
  { schema, table, columns, rows }: SampledTable,
  sampleRows: number,
): Promise<readonly SampleFinding[]> {
  // Pages from all over the table, more than needed since they differ. A limit as low as the sample would cut
  // it back to the table's start; this one only bounds the work where the estimate of rows is far off.
  const share = rows === null || rows === 0 ? 100 : Math.max((300 * sampleRows) / rows, 0.0001);
  const limit = sampleRows * 10;
  const sample = share >= 100 ? "" : ` TABLESAMPLE SYSTEM (${share.toFixed(6)})`;
  const values = columns.map((column, at) => {
    const value = `held.${ident(column)}`;
    return `substring(case when pg_column_size(${value}) <= ${VALUE_BYTES_MAX} then ${value}::text end from $1) as run${at}`;
  });
  const digits = columns.map((_, at) => `regexp_replace(run${at}, '[ -]', '', 'g') as digits${at}`);
  const counts = columns.map(
    (_, at) => `count(*) filter (where digits${at} ~ $2 and ${luhn(`digits${at}`)})::float8 as count${at}`,
  );
  const { rows: found } = await session.query<Readonly<Record<string, number>>>(
    `select count(*)::float8 as sampled, ${counts.join(", ")}
     from (select ${digits.join(", ")} from (
       select ${values.join(", ")} from ${qualified(schema, table)} as held${sample} limit $3::integer) as runs) as kept`,
    [DIGITS, ISSUED, limit],
  );
  const counted = found[0];
  if (counted === undefined) return [];
  return columns.map((column, at) => ({
    schema,
    table,
    column,
    sampledRows: counted["sampled"] ?? 0,
    cardNumbers: counted[`count${at}`] ?? 0,
  }));
}
