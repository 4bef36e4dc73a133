import { invalid } from "../../model/error.ts";
import { isTextPlan, readTextPlan } from "./read.ts";
import { planLines } from "./lines.ts";

/** Wrappings around a plan (a string in a row in an object …) that are taken off, at most. */
const WRAPPINGS_MAX = 5;

/**
 * Reads a plan as people paste it into the server's JSON form: text or JSON, in psql's frames, as CSV, or as a client's
 * grid exports it (an array of rows, a string, the plan's root alone). Answers one element for each plan. Throws
 * `invalid` (exit 2), with what to do, for what is something else, breaks off, or is a plan in XML, YAML or without costs.
 */
export function readPastedPlan(text: string): readonly unknown[] {
  return planIn(text, WRAPPINGS_MAX);
}

function planIn(text: string, depth: number): readonly unknown[] {
  const start = text.trimStart();
  const looksLikeJson = /^[[{"]/.test(start) && !start.startsWith('"QUERY PLAN"');
  if (!looksLikeJson && isTextPlan(text)) return readTextPlan(text);
  const value = jsonIn(text);
  if (value !== undefined) return unwrapped(value, depth);
  if (isTextPlan(text)) return readTextPlan(text);
  throw noPlan(text);
}

// The whole text, what is between the outermost brackets (psql's frame around it), or that with CSV's doubled quotes.
function jsonIn(text: string): unknown {
  const bare = planLines(text).join("\n");
  const first = bare.search(/[[{]/);
  const inner = first === -1 ? "" : bare.slice(first, Math.max(bare.lastIndexOf("]"), bare.lastIndexOf("}")) + 1);
  // psql's expanded form draws a line with brackets before each row.
  const behindRecord = bare.replace(/^-\[ RECORD 1 \].*$/m, "");
  const second = behindRecord.slice(Math.max(0, behindRecord.search(/[[{]/)));
  for (const candidate of [text, bare, inner, second, inner.replaceAll('""', '"')]) {
    try {
      const value = JSON.parse(candidate) as unknown;
      if (typeof value === "string" || (typeof value === "object" && value !== null)) return value;
    } catch {
      // The next way of wrapping it.
    }
  }
  return undefined;
}

function unwrapped(value: unknown, depth: number): readonly unknown[] {
  if (depth === 0) throw notThatPlan();
  if (typeof value === "string") return planIn(value, depth - 1);
  if (Array.isArray(value)) return rowsIn(value, depth);
  const object = value as Readonly<Record<string, unknown>>;
  if ("Plan" in object) return [object];
  if ("Node Type" in object) return [{ Plan: object }];
  const [only, ...more] = Object.values(object);
  if (more.length > 0 || typeof only !== "object" || only === null) throw notThatPlan();
  return unwrapped(only, depth - 1);
}

function rowsIn(rows: readonly unknown[], depth: number): readonly unknown[] {
  const cells = rows.map((row): unknown => {
    const values = typeof row === "object" && row !== null && !("Plan" in row) ? Object.values(row) : [];
    return values.length === 1 ? values[0] : row;
  });
  // A grid of the text form: one line in each row.
  if (cells.length > 0 && cells.every((cell) => typeof cell === "string")) return planIn(cells.join("\n"), depth - 1);
  if (rows.length === 1 && cells[0] !== rows[0]) return unwrapped(cells[0], depth - 1);
  return rows;
}

const EXPECTED = "what EXPLAIN prints with its costs, as text or JSON";

const notThatPlan = (): Error =>
  invalid({ what: 'this is no plan: there is no "Plan" in the JSON', expected: EXPECTED, mend: MEND });

const MEND = "EXPLAIN (ANALYZE, BUFFERS) SELECT …";

function noPlan(text: string): Error {
  return invalid({ what: whatItIs(text), expected: EXPECTED, mend: MEND });
}

function whatItIs(text: string): string {
  if (text.trim() === "") return "this is no plan: it is empty";
  if (/<explain\b|<Node-Type>/.test(text)) return "this plan is in XML (FORMAT XML)";
  if (/^[ |]*- Plan: *\+?$/m.test(planLines(text).join("\n"))) return "this plan is in YAML (FORMAT YAML)";
  if (/"(?:Node Type|Plan)"/.test(text)) return "this plan's JSON breaks off or is no longer JSON";
  if (/^ *->  ?\S/m.test(planLines(text).join("\n")))
    return "this plan has no costs as PostgreSQL prints them (COSTS OFF?)";
  if (/<td\b/.test(text)) return "this plan is in HTML";
  return "this is no plan";
}
