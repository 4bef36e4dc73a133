import type { Session } from "../../engines/postgres/driver.ts";
import type { SpareRow } from "../rows/generate.ts";
import type { ColumnPlan, TablePlan } from "../rows/plan.ts";
import { CandidateStage } from "../rows/staging.ts";
import type { Row, Value } from "../rows/store.ts";

/** Most combinations of changed values that are put to the server for one check. */
const COMBINATIONS_MAX = 1500;

/**
 * A row that the named check refuses and no other check does, one or two values away from an accepted one.
 * The server itself judges the candidates.
 */
export async function breakingRow(
  session: Session,
  plan: TablePlan,
  check: string,
  spare: readonly SpareRow[],
): Promise<{ readonly row: SpareRow | null; readonly why: string | null }> {
  const columns = [...new Set(plan.checks.filter((own) => own.name === check).flatMap((own) => own.columns))];
  if (spare.length === 0) return { row: null, why: "no valid row is there to start from" };
  if (columns.length === 0) return { row: null, why: "it reads no column" };
  const stage = new CandidateStage(session, { ...plan, keys: [] });
  await stage.open();
  const candidates: Row[] = [];
  for (const base of spare.slice(0, 8)) {
    const row = plan.columns.map((column) => base[column.name] ?? null);
    for (const changed of combinations(plan, columns, row)) {
      if (candidates.length < COMBINATIONS_MAX) candidates.push(changed);
    }
  }
  const refusals = await stage.refusals(candidates);
  await stage.close();
  for (const [index, names] of refusals) {
    const row = candidates[index];
    if (row === undefined || names.length !== 1 || names[0] !== check) continue;
    const named = plan.columns.flatMap((column, at): [string, Value][] =>
      column.sent ? [[column.name, row[at] ?? null]] : [],
    );
    return { row: Object.fromEntries(named), why: null };
  }
  return { row: null, why: `none of ${candidates.length} changed rows breaks it and nothing else` };
}

// One column changed; failing that, two at once.
function* combinations(plan: TablePlan, columns: readonly number[], row: Row): Generator<Row> {
  const free = columns.filter((at) => plan.columns[at]?.sent === true);
  const values = new Map(free.map((at) => [at, extremes(plan.columns[at] as ColumnPlan, row, at, columns)]));
  for (const at of free) for (const value of values.get(at) ?? []) yield row.with(at, value);
  for (const [place, first] of free.entries()) {
    for (const second of free.slice(place + 1)) {
      for (const a of values.get(first) ?? []) {
        for (const b of values.get(second) ?? []) yield row.with(first, a).with(second, b);
      }
    }
  }
}

function extremes(column: ColumnPlan, row: Row, at: number, columns: readonly number[]): Value[] {
  const others = columns.flatMap((other) => (other === at ? [] : [row[other] ?? null]));
  const list: Value[] = column.required ? [] : [null];
  list.push(...ofKind(column), ...variants(column, row[at] ?? null));
  // A neighbour's value of the same kind breaks strict orders.
  for (const other of others) if (other !== null && looksLike(column, other)) list.push(other);
  return list;
}

function looksLike(column: ColumnPlan, value: string): boolean {
  const { kind } = column.type;
  if (kind === "date" || kind === "instant") return /^\d{4}-\d\d-\d\d/.test(value);
  if (kind === "integer") return /^-?\d{1,9}$/.test(value);
  if (kind === "decimal" || kind === "float") return /^-?\d{1,9}(\.\d+)?$/.test(value);
  if (kind === "uuid") return /^[0-9a-f]{8}-/.test(value);
  return kind === "text";
}

// The valid value itself, spoilt in ways that leave the rest of it valid.
function variants(column: ColumnPlan, value: Value): Value[] {
  if (column.type.kind !== "text" || value === null) return [];
  const long = (column.limits.lengthMax ?? 300) + 1;
  const swollen = [`${"x".repeat(Math.max(0, long - value.length))}${value}`, value.padEnd(long, "x")];
  const list = [value.toUpperCase(), value.toLowerCase(), `${value} `, ` ${value}`, `${value}!`, ...swollen];
  return list.filter((text) => text !== value && text.length <= (column.type.length ?? Infinity));
}

function numbersAround(column: ColumnPlan): Value[] {
  const { limits, type } = column;
  const list = ["-1", "0", "1", "32767"];
  for (const bound of [limits.min, limits.max]) {
    const edge = Number(bound?.value ?? Number.NaN);
    if (Number.isFinite(edge)) list.push(String(edge - 1), String(edge), String(edge + 1));
  }
  const digits = type.precision === null ? 9 : type.precision - (type.scale ?? 0);
  list.push("9".repeat(Math.max(1, Math.min(9, digits))));
  const most = type.max ?? Infinity;
  return list.filter((text) => Math.abs(Number(text)) <= most && Math.abs(Number(text)) < 10 ** digits);
}

function ofKind(column: ColumnPlan): Value[] {
  const { type, limits } = column;
  const room = type.length ?? 10_000;
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "float":
      return numbersAround(column);
    case "boolean":
      return ["true", "false"];
    case "enum":
      return [...type.values];
    case "text":
      return [
        "",
        " ",
        "x",
        "ABC",
        "no such value",
        "a b@c d",
        "9 ? !",
        "x".repeat((limits.lengthMax ?? 300) + 1),
        "x".repeat(Math.max(0, (limits.lengthMin ?? 1) - 1)),
      ].filter((text) => text.length <= room);
    case "date":
      return ["0001-01-01", "1970-01-01", "9999-12-31"];
    case "instant":
      return ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z"];
    case "json":
      return ["{}", "[]", '"text"', "1", "null"];
    case "array":
      return ["{}", `{${Array.from({ length: 300 }, () => "1").join(",")}}`];
    case "duration":
      return ["-1 day", "0", "100 years"];
    case "point":
      return ["(0,0)", "(1000,1000)", "(-1000,-1000)"];
    case "bytes":
      return ["\\x", `\\x${"00".repeat(300)}`];
    case "time":
      return ["00:00:00", "23:59:59"];
    case "range":
      return ["empty", "(,)"];
    default:
      return [];
  }
}
