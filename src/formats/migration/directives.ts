import { invalid } from "../../model/error.ts";
import type { Batch, ColumnMove, Phase } from "../../model/plan.ts";
import { qualified, ident } from "../../sql/identifier.ts";
import { afterBlank, afterBlockComment, afterLineComment, afterName } from "../../sql/lex.ts";

/*
 * Directives: what a plain SQL migration says to the runner, in line comments that psql passes over.
 *
 *   -- dbwright:step 3 phase=migrate transaction=2 lock-timeout=2s batch=public.task(id) loses="…" no-transaction
 *   -- dbwright:step 9 phase=contract verified="public.task, id as bigint" moves="public.task.title=public.detail.title(id=task_id)"
 *   -- dbwright:cleanup DROP INDEX CONCURRENTLY IF EXISTS public.task_title_idx
 *   -- dbwright:undo 3
 *   -- dbwright:replaces ["20260101000000_a","20260102000000_b"]
 *   -- dbwright:after 20260102000000_b
 *   -- dbwright:no-transaction        (of the whole file: see sql/migration-marks.ts)
 */

/** What a step's directive states; what it leaves out is undefined. */
export interface StepDirective {
  readonly number: number;
  readonly phase?: Phase;
  readonly transaction?: number;
  readonly transactional: boolean;
  readonly lockTimeout_ms?: number;
  readonly statementTimeout_ms?: number;
  readonly batch?: Batch;
  readonly losesData?: string;
  readonly irreversible?: string;
  readonly verified?: string;
  readonly moves?: ColumnMove;
}

/** One directive of a file, with the line it stands on. */
export type Directive = { readonly line: number } & (
  | { readonly type: "step"; readonly step: StepDirective }
  | { readonly type: "cleanup"; readonly sql: string }
  | { readonly type: "undo"; readonly number: number }
  | { readonly type: "replaces"; readonly ids: readonly string[] }
  | { readonly type: "after"; readonly id: string }
);

// After a blank only what is a directive is one: `-- dbwright: the way from …` is how diff heads its scripts.
const DIRECTIVE =
  /^--[ \t]*dbwright:(?:[ \t]+(?=(?:step|cleanup|undo|replaces|after|no-transaction)\b))?(?![ \t])([\w-]*)[ \t]*(.*?)[ \t\r]*$/s;
const PHASES: readonly string[] = ["expand", "migrate", "contract"] satisfies readonly Phase[];

/**
 * The directives among blanks and comments, which begin on `line` of `file`; block comments are passed over. Throws
 * `invalid` (exit 2), with the line, for one that is misspelt.
 */
export function directivesIn(blank: string, line: number, file: string): readonly Directive[] {
  const found: Directive[] = [];
  let at = 0;
  while (at < blank.length) {
    if (blank.startsWith("--", at)) {
      const end = afterLineComment(blank, at);
      const here = line + (blank.slice(0, at).match(/\n/g)?.length ?? 0);
      const match = DIRECTIVE.exec(blank.slice(at, end));
      if (match !== null && !isOfTheFile(match))
        found.push({ line: here, ...readDirective(match[1] ?? "", match[2] ?? "", `${file}:${here}`) });
      at = end;
    } else if (blank.startsWith("/*", at)) at = afterBlockComment(blank, at);
    else at++;
    if (at < 0) break;
  }
  return found;
}

const isOfTheFile = (match: RegExpExecArray): boolean => match[1] === "no-transaction" && match[2] === "";

type Bare<T> = T extends { readonly line: number } ? Omit<T, "line"> : never;

function readDirective(word: string, rest: string, where: string): Bare<Directive> {
  if (word === "step") return { type: "step", step: readStep(rest, where) };
  if (word === "cleanup") return { type: "cleanup", sql: rest.startsWith('"') ? readText(rest, where) : rest };
  if (word === "undo") return { type: "undo", number: readNumber(rest, where) };
  if (word === "after") return { type: "after", id: rest.startsWith('"') ? readText(rest, where) : rest };
  if (word === "replaces") {
    const ids = parseJson(rest, where);
    if (Array.isArray(ids) && ids.every((id) => typeof id === "string")) return { type: "replaces", ids };
    throw invalid({ what: "dbwright:replaces wants a list of migrations", where, expected: '["ID", "ID"]' });
  }
  throw invalid({
    what: `there is no directive dbwright:${word.slice(0, 40)}`,
    where,
    expected:
      "dbwright:step, dbwright:cleanup, dbwright:undo, dbwright:replaces, dbwright:after or dbwright:no-transaction",
  });
}

const WORD = /([\w-]+)(?:=("(?:[^"\\]|\\.)*"|\S+))?[ \t]*/y;

function readStep(text: string, where: string): StepDirective {
  const number = /^\d+/.exec(text)?.[0] ?? "";
  const stated: { -readonly [K in keyof StepDirective]: StepDirective[K] } = {
    number: readNumber(number, where),
    transactional: true,
  };
  let at = number.length;
  while (text[at] === " " || text[at] === "\t") at++;
  while (at < text.length) {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null)
      throw invalid({ what: `"${text.slice(at, at + 40)}" is no part of a step`, where, ...EXPECTED });
    at = WORD.lastIndex;
    const key = match[1] ?? "";
    const value = match[2] === undefined ? null : match[2].startsWith('"') ? readText(match[2], where) : match[2];
    if (key === "no-transaction" && value === null) stated.transactional = false;
    else if (value === null) throw invalid({ what: `${key} wants a value`, where, ...EXPECTED });
    else if (key === "phase" && PHASES.includes(value)) stated.phase = value as Phase;
    else if (key === "transaction") stated.transaction = readNumber(value, where);
    else if (key === "lock-timeout") stated.lockTimeout_ms = readDuration_ms(value, where);
    else if (key === "statement-timeout") stated.statementTimeout_ms = readDuration_ms(value, where);
    else if (key === "batch") stated.batch = readBatch(value, where);
    else if (key === "loses") stated.losesData = value;
    else if (key === "irreversible") stated.irreversible = value;
    else if (key === "verified") stated.verified = value;
    else if (key === "moves") stated.moves = readMove(value, where);
    else throw invalid({ what: `a step cannot say ${key}=${value.slice(0, 40)}`, where, ...EXPECTED });
  }
  return stated;
}

const EXPECTED = {
  expected:
    'a number, then any of phase=expand|migrate|contract, transaction=N, no-transaction, lock-timeout=2s, statement-timeout=30s, batch=schema.table(column, …), loses="…", irreversible="…", verified="…", moves="schema.table.column=schema.table.column(column=column, …)"',
};

function readNumber(text: string, where: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid({ what: `${JSON.stringify(text.slice(0, 40))} is no number of a step`, where, expected: "1, 2, 3 …" });
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid({ what: "a quoted text does not end, or is not written as JSON", where }, { cause: error });
  }
}

function readText(text: string, where: string): string {
  const value = parseJson(text, where);
  if (typeof value === "string") return value;
  throw invalid({ what: "a text in double quotes was expected", where });
}

const UNITS: readonly (readonly [string, number])[] = [
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/** Reads `500ms`, `2s`, `5min` or `1h`. Throws `invalid` (exit 2) at `where` for anything else. */
export function readDuration_ms(text: string, where: string): number {
  const match = /^(\d{1,9})(ms|s|min|h)$/.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2])?.[1];
  if (match !== null && unit !== undefined) return Number(match[1]) * unit;
  throw invalid({ what: `${JSON.stringify(text)} is no duration`, where, expected: "500ms, 2s, 5min or 1h" });
}

function duration(ms: number): string {
  const [name, unit] = UNITS.find(([, size]) => ms % size === 0 && ms >= size) ?? ["ms", 1];
  return `${ms / unit}${name}`;
}

// The names of a text as SQL has them, and the text with an `n` in the place of each.
function namesIn(text: string): { readonly names: readonly string[]; readonly shape: string } {
  const names: string[] = [];
  let shape = "";
  for (let at = afterBlank(text, 0); at < text.length; at = afterBlank(text, at)) {
    const end = afterName(text, at);
    if (end > at) {
      const name = text.slice(at, end);
      names.push(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase());
      shape += "n";
      at = end;
    } else shape += text[at++] ?? "";
  }
  return { names, shape };
}

// `public.task(id, "Part")`.
function readBatch(text: string, where: string): Batch {
  const { names, shape } = namesIn(text);
  if (/^n\.n\(n(?:,n)*\)$/.test(shape)) {
    const [schema = "", table = "", ...key] = names;
    return { schema, table, key };
  }
  throw invalid({
    what: `batch=${text.slice(0, 80)} names no table and key`,
    where,
    expected: "batch=public.task(id)",
  });
}

// `public.task.title=public.detail.title(id=task_id, …)`: the columns by which rows are joined, of the one and the other.
function readMove(text: string, where: string): ColumnMove {
  const { names, shape } = namesIn(text);
  if (/^n\.n\.n=n\.n\.n\(n=n(?:,n=n)*\)$/.test(shape)) {
    const place = (at: number): ColumnMove["from"] => {
      const [schema = "", table = "", column = ""] = names.slice(at, at + 3);
      return { schema, table, column };
    };
    const pairs = names.slice(6);
    const on = pairs.flatMap((from, at) => (at % 2 === 0 ? [{ from, to: pairs[at + 1] ?? "" }] : []));
    return { from: place(0), to: place(3), on };
  }
  throw invalid({
    what: `moves=${text.slice(0, 80)} names no column, its new place and what joins both`,
    where,
    expected: 'moves="public.task.title=public.detail.title(id=task_id)"',
  });
}

function moveText({ from, to, on }: ColumnMove): string {
  const place = ({ schema, table, column }: ColumnMove["from"]): string =>
    `${qualified(schema, table)}.${ident(column)}`;
  const pairs = on.map((pair) => `${ident(pair.from)}=${ident(pair.to)}`);
  return `${place(from)}=${place(to)}(${pairs.join(",")})`;
}

// Bare where that is read back as it stands; else as JSON, which has no line break.
function bareOrQuoted(text: string): string {
  return /^[\w.,()$-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A step's directive as a line. */
export function stepLine(step: StepDirective & { readonly phase: Phase }): string {
  const words = [`-- dbwright:step ${step.number}`, `phase=${step.phase}`];
  if (step.transaction !== undefined) words.push(`transaction=${step.transaction}`);
  if (!step.transactional) words.push("no-transaction");
  if (step.lockTimeout_ms !== undefined) words.push(`lock-timeout=${duration(step.lockTimeout_ms)}`);
  if (step.statementTimeout_ms !== undefined) words.push(`statement-timeout=${duration(step.statementTimeout_ms)}`);
  if (step.batch !== undefined) {
    const { schema, table, key } = step.batch;
    words.push(`batch=${bareOrQuoted(`${qualified(schema, table)}(${key.map(ident).join(",")})`)}`);
  }
  if (step.losesData !== undefined) words.push(`loses=${JSON.stringify(step.losesData)}`);
  if (step.irreversible !== undefined) words.push(`irreversible=${JSON.stringify(step.irreversible)}`);
  if (step.verified !== undefined) words.push(`verified=${JSON.stringify(step.verified)}`);
  if (step.moves !== undefined) words.push(`moves=${JSON.stringify(moveText(step.moves))}`);
  return words.join(" ");
}

/** A cleanup statement as a line. */
export function cleanupLine(sql: string): string {
  return `-- dbwright:cleanup ${/^[^"\s]/.test(sql) && !/[\n\r]|\s$/.test(sql) ? sql : JSON.stringify(sql)}`;
}

/** The mark of a step's undoing as a line. */
export function undoLine(number: number): string {
  return `-- dbwright:undo ${number}`;
}

/** The migrations that a squashed one stands for, as a line. */
export function replacesLine(ids: readonly string[]): string {
  return `-- dbwright:replaces ${JSON.stringify(ids)}`;
}

/** The migration that this one was written to follow, as a line. */
export function afterLine(id: string): string {
  return `-- dbwright:after ${/^[\w.-]+$/.test(id) ? id : JSON.stringify(id)}`;
}
