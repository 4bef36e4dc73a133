import type { CatalogView } from "../../model/catalog-view.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Execution } from "../../model/workload.ts";
import { parseSql } from "../../sql/parse.ts";
import { parameterTargets } from "./parameters.ts";
import type { ParameterTarget } from "./parameters.ts";

/** Draws of one query's parameters when the workload has none. */
export const DRAWS_DEFAULT = 5;

const ARRAY_ITEMS = 5;
const LIMIT_VALUE = "20";

/**
 * Concrete forms of a statement whose `$n` nobody recorded: values come from the planner's statistics of the columns
 * they are compared with, common values as often as they are common. Every draw takes other quantiles (of an
 * additive recurrence, so that few draws are spread evenly); equal draws stay, as they weigh more. Answers none where some parameter stands for something that the
 * statement does not show: then only a generic plan can be had.
 */
export async function drawExecutions(
  sql: string,
  view: CatalogView,
  statistics: Pick<PlannerStatistics, "columns">,
  draws: number = DRAWS_DEFAULT,
): Promise<readonly Execution[]> {
  const bare = castSpellings(sql);
  const parsed = await parseSql(bare);
  const statement = parsed.ok && parsed.value.length === 1 ? parsed.value[0]?.node : undefined;
  if (statement === undefined) return [];
  const count = Math.max(0, ...[...bare.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1])));
  if (count === 0) return [{ sql: bare, values: [] }];
  const targets = parameterTargets(statement, view);
  const columns = new Map(statistics.columns.map((one) => [keyOf(one.schema, one.relation, one.column), one]));
  const executions: Execution[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const values = Array.from({ length: count }, (_, place) =>
      valueFor(targets.get(place + 1), columns, quantile(draw, place)),
    );
    if (values.includes(undefined)) return [];
    executions.push({ sql: bare, values: values as (string | null)[] });
  }
  return executions;
}

/** `interval $1`, as pg_stat_statements leaves it, is no SQL that a server takes: `$1::interval` is. */
export function castSpellings(sql: string): string {
  return sql.replaceAll(
    /\b(interval|date|timestamptz|timestamp(?:\s+with(?:out)?\s+time\s+zone)?|timetz|time|numeric|inet|uuid|jsonb?|point|box)\s+(\$\d+)/gi,
    "($2)::$1",
  );
}

const keyOf = (schema: string, relation: string, column: string): string => JSON.stringify([schema, relation, column]);

// The golden ratio's multiples are spread evenly over [0, 1) however many are taken.
function quantile(draw: number, place: number): number {
  return ((draw + 1) * 0.618_033_988_75 + place * 0.754_877_666_25) % 1;
}

function valueFor(
  target: ParameterTarget | undefined,
  columns: ReadonlyMap<string, ColumnDistribution>,
  share: number,
): string | null | undefined {
  if (target === undefined) return undefined;
  if (target.kind === "limit") return LIMIT_VALUE;
  if (target.kind === "offset") return "0";
  if (target.kind === "typed") return typedValue(target.type, share);
  const known = columns.get(keyOf(target.schema, target.table, target.column));
  if (known === undefined) return undefined;
  if (target.use === "array") {
    const items = Array.from({ length: ARRAY_ITEMS }, (_, n) => drawn(known, (share + n / ARRAY_ITEMS) % 1));
    return items.includes(undefined)
      ? undefined
      : `{${[...new Set(items)].map((item) => arrayItem(item ?? "")).join(",")}}`;
  }
  if (target.use === "lower") return ordered(known, share * 0.8);
  if (target.use === "upper") return ordered(known, share * 0.8 + 0.1);
  const value = drawn(known, share);
  // Whether a pattern begins with fixed text nothing tells. One that does not is the careful guess: what helps only
  // with the beginning of a text is not advised by it.
  return target.use === "pattern" && value !== undefined
    ? `%${[...value]
        .slice(0, 4)
        .join("")
        .replaceAll(/[%_\\]/g, "_")}%`
    : value;
}

/** The value at a share of the rows that are not null: common ones take as much of it as they have rows. */
function drawn(known: ColumnDistribution, share: number): string | undefined {
  const { common, histogram } = known;
  const total = (common?.shares ?? []).reduce((sum, one) => sum + one, 0);
  const all = histogram === null ? total : Math.max(total, 1 - known.nullShare);
  let at = share * all;
  for (const [place, own] of (common?.shares ?? []).entries()) {
    if (at < own) return common?.values[place];
    at -= own;
  }
  if (histogram === null) return common?.values[0];
  const rest = all - total;
  return histogram[Math.min(histogram.length - 1, Math.floor((rest > 0 ? at / rest : share) * histogram.length))];
}

/** The value below which a share of the rows lies, as far as bounds of buckets tell. */
function ordered(known: ColumnDistribution, share: number): string | undefined {
  const { histogram } = known;
  if (histogram === null) return drawn(known, share);
  return histogram[Math.min(histogram.length - 1, Math.round(share * (histogram.length - 1)))];
}

const arrayItem = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function typedValue(type: string, share: number): string | undefined {
  if (type.endsWith("[]")) {
    const item = typedValue(type.slice(0, -2), share);
    return item === undefined ? undefined : `{${arrayItem(item)}}`;
  }
  if (/^(?:interval)$/.test(type)) return "1 day";
  if (/^(?:date|timestamp|timestamptz)$/.test(type)) return "2024-06-01";
  if (/^(?:int2|int4|int8|integer|bigint|smallint|numeric|float4|float8)$/.test(type))
    return String(1 + Math.floor(share * 99));
  if (/^(?:text|varchar|bpchar|name)$/.test(type)) return "a";
  if (type === "bool") return share < 0.5 ? "t" : "f";
  return type === "jsonb" || type === "json" ? "{}" : undefined;
}
