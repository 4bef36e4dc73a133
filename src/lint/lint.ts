import type { Evidence, Severity } from "../model/finding.ts";
import type { RelationLock } from "../model/plan.ts";
import { effectsOf } from "../sql/effect/effects.ts";
import { blockedBy } from "../sql/effect/lock-words.ts";
import { bodyOf } from "./bodies.ts";
import type { LintObservation, LintRule, Rewriting } from "./rule.ts";
import type { LintScript } from "./script.ts";
import { LintState } from "./state.ts";
import type { LintSurroundings } from "./state.ts";
import { readStatements } from "./statement.ts";
import type { LintStatement, ReadStatement, ReadStatements } from "./statement.ts";
import { covers, ignoredInFile, ignoresBelow, ignoresIn, ignoresOf } from "./suppress.ts";
import type { Ignore } from "./suppress.ts";

/** A place in a file; line and column count from 1. */
export interface LintPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a rule found. */
export interface LintFinding extends LintPlace {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly relation: string | null;
  /** The locks that the statement takes on what was there before, strongest first, those left out that block nobody. */
  readonly locks: readonly RelationLock[];
  readonly equivalents: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly rewriting: Rewriting | null;
  /** Null in a file without any. */
  readonly statement: LintStatement | null;
  /** Where the transaction comes from that the statement runs in; null when it runs by itself. */
  readonly transaction: "explicit" | "assumed" | null;
}

/** A statement that the grammar refuses. */
export interface LintSyntaxError extends LintPlace {
  readonly message: string;
}

/** What lint saw, and what it did not look at. */
export interface LintResult {
  /** In the order of the files and lines. */
  readonly findings: readonly LintFinding[];
  /** Findings that a comment set aside. */
  readonly suppressed: number;
  readonly statements: number;
  readonly errors: readonly LintSyntaxError[];
  /** Rules that threw: a defect of the rule, not of the files. */
  readonly failed: readonly { readonly rule: string; readonly why: string }[];
  /** Comments that set nothing aside, and why. */
  readonly misdirected: readonly (LintPlace & { readonly message: string })[];
  /** Comments about rules that looked and had nothing to say there. */
  readonly unused: readonly (LintPlace & { readonly message: string })[];
}

/** How the scripts are looked at. */
export interface LintOptions extends LintSurroundings {
  readonly rules: readonly LintRule[];
  /** Ids of all rules there are, to tell a slip in a comment; those of `rules` where absent. */
  readonly known?: readonly string[];
  /** Severities that stand in place of what rules say. */
  readonly severities?: ReadonlyMap<string, Severity>;
  /** Whether findings of a rule on a relation are set aside elsewhere than in the file. */
  readonly setsAside?: (rule: string, relation: string | null) => boolean;
  /** Is told of each statement outside of bodies, before the state takes it in. */
  readonly onStatement?: (statement: LintStatement, state: LintState) => void;
}

interface TrackedIgnore {
  readonly ids: readonly string[];
  readonly used: Set<string>;
}

interface Run {
  readonly options: LintOptions;
  readonly state: LintState;
  readonly findings: LintFinding[];
  readonly failed: Map<string, string>;
  readonly misdirected: (LintPlace & { readonly message: string })[];
  readonly lines: Map<LintScript, readonly number[]>;
  readonly wholeFiles: Map<LintScript, readonly string[] | null>;
  /** Comments of ours that may set findings aside, by place, with the ids that did. */
  readonly ignores: Map<LintScript, Map<number, TrackedIgnore>>;
  suppressed: number;
  statements: number;
}

/**
 * Looks at scripts in the order in which they run. A statement that does not parse is named in `errors` and passed
 * over; a rule that throws is named in `failed` and the rest go on.
 */
export async function lintScripts(scripts: readonly LintScript[], options: LintOptions): Promise<LintResult> {
  const run: Run = {
    options,
    state: new LintState(options),
    findings: [],
    failed: new Map(),
    misdirected: [],
    lines: new Map(),
    wholeFiles: new Map(),
    ignores: new Map(),
    suppressed: 0,
    statements: 0,
  };
  const errors: LintSyntaxError[] = [];
  let any: LintStatement | null = null;
  const empty = new Map<string, LintScript | null>();
  const all: (readonly [LintScript, ReadStatements])[] = [];
  for (const script of scripts) all.push([script, await readStatements(script)]);
  for (const [, { statements }] of all) for (const statement of statements) run.state.foresee(statement);
  for (const [script, read] of all) {
    any = (await lintScript(read, run)) ?? any;
    const isEmpty = read.statements.length === 0 && read.errors.length === 0;
    const first = empty.get(script.file);
    empty.set(script.file, isEmpty ? (first === undefined ? script : first) : null);
    errors.push(...read.errors.map(({ message, index }) => ({ message, ...placeOf(script, index, run) })));
  }
  for (const script of empty.values()) if (script !== null) lookAtEmpty(script, run);
  if (any !== null) lastLooks(run);
  const unused = unusedIgnores(run);
  const order = new Map(scripts.map(({ file }, index) => [file, index]));
  return {
    findings: run.findings.toSorted(
      (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
    ),
    suppressed: run.suppressed,
    statements: run.statements,
    errors,
    failed: [...run.failed].map(([rule, why]) => ({ rule, why })),
    misdirected: run.misdirected,
    unused,
  };
}

async function lintScript({ statements, errors }: ReadStatements, run: Run): Promise<LintStatement | null> {
  const { state } = run;
  state.begin(statements, errors.length === 0);
  let last: LintStatement | null = null;
  for (const read of statements) {
    run.statements++;
    const statement = withEffect(read, state);
    run.options.onStatement?.(statement, state);
    const ignores = ignoresOf(statement);
    checkIgnores(ignores, statement, run);
    look(statement, statement, ignores, run);
    const { statements: inside, dynamic } = await bodyOf(read);
    for (const index of dynamic)
      for (const rule of run.options.rules)
        if (rule.id === DYNAMIC) add(rule, { message: DYNAMIC_MESSAGE, at: index }, statement, ignores, run);
    for (const inner of inside) {
      const one = withEffect(inner, state);
      look(one, statement, ignores, run);
      state.take(one);
    }
    state.take(statement);
    last = statement;
  }
  if (last === null) return null;
  for (const { at } of ignoresBelow(last))
    run.misdirected.push({ message: "the comment has no statement below it", ...placeOf(last.script, at, run) });
  for (const rule of run.options.rules) {
    const found = guarded(rule, () => [...(rule.atEnd?.(state, last) ?? [])], run);
    for (const observation of found) add(rule, observation, last, ignoresOf(last), run);
  }
  return last;
}

/** The rule under which text is reported that is put together while it runs. */
const DYNAMIC = "dynamic-sql-not-read";
const DYNAMIC_MESSAGE = "EXECUTE runs text that is put together at run time; no rule has looked at it";

function withEffect(read: ReadStatement, state: LintState): LintStatement {
  const effect = effectsOf(read.node, { major: state.major, schema: state.schema, created: state.created });
  return { ...read, effect };
}

function look(statement: LintStatement, outer: LintStatement, ignores: readonly Ignore[], run: Run): void {
  for (const rule of run.options.rules) {
    if (statement.body?.kind === "function" && rule.inFunctions === false) continue;
    const found = guarded(rule, () => [...(rule.check?.(statement, run.state) ?? [])], run);
    for (const observation of found) {
      const where = statement.body === null ? "" : ` (in ${statement.body.name})`;
      // Text inside a body is not rewritten: its quoting is the body's own.
      const { rewriting: _, ...bare } = observation;
      const shown = statement.body === null ? observation : { ...bare, message: `${observation.message}${where}` };
      add(
        rule,
        { ...shown, at: shown.at ?? statement.start },
        statement.body === null ? statement : { ...outer, effect: statement.effect },
        ignores,
        run,
      );
    }
  }
}

function lookAtEmpty(script: LintScript, run: Run): void {
  const { severities, setsAside } = run.options;
  const ignores = ignoresIn(script).filter(({ ours, ids, reason }) => !ours || (reason !== "" && ids.length > 0));
  for (const rule of run.options.rules) {
    const found = guarded(rule, () => [...(rule.ofEmpty?.(script) ?? [])], run);
    const isSetAside =
      setsAside?.(rule.id, null) === true || ignores.some(({ ids }) => covers(ids, rule.id, rule.equivalents));
    if (isSetAside) run.suppressed += found.length;
    else
      for (const { message, at = 0, severity, evidence = [] } of found)
        run.findings.push({
          rule: rule.id,
          severity: severities?.get(rule.id) ?? severity ?? rule.severity,
          message,
          ...placeOf(script, at, run),
          relation: null,
          locks: [],
          equivalents: rule.equivalents,
          evidence,
          rewriting: null,
          statement: null,
          transaction: null,
        });
  }
}

function lastLooks(run: Run): void {
  for (const rule of run.options.rules) {
    const found = guarded(rule, () => [...(rule.atLast?.(run.state) ?? [])], run);
    for (const { statement, ...observation } of found) add(rule, observation, statement, ignoresOf(statement), run);
  }
}

function guarded<T>(rule: LintRule, work: () => readonly T[], run: Run): readonly T[] {
  try {
    return work();
  } catch (error) {
    run.failed.set(rule.id, error instanceof Error ? error.message : String(error));
    return [];
  }
}

function add(
  rule: LintRule,
  observation: LintObservation,
  statement: LintStatement,
  ignores: readonly Ignore[],
  run: Run,
): void {
  const { state } = run;
  const relation = observation.relation ?? null;
  const whole = ignoredInFileOf(statement.script, run);
  const valid = ignores.filter(({ ours, ids, reason }) => !ours || (reason !== "" && ids.length > 0));
  const covering = valid.filter(({ ids }) => covers(ids, rule.id, rule.equivalents));
  for (const { at, ids } of covering)
    for (const id of ids)
      if (covers([id], rule.id, rule.equivalents)) run.ignores.get(statement.script)?.get(at)?.used.add(id);
  if (rule.growsWithTable === true && relation !== null && state.isSmall(relation)) return;
  if (
    covering.length > 0 ||
    (whole !== null && covers(whole, rule.id, rule.equivalents)) ||
    run.options.setsAside?.(rule.id, relation) === true
  ) {
    run.suppressed++;
    return;
  }
  run.findings.push({
    rule: rule.id,
    severity: run.options.severities?.get(rule.id) ?? observation.severity ?? rule.severity,
    message: observation.message,
    ...placeOf(statement.script, observation.at ?? statement.start, run),
    relation,
    locks: statement.effect.locks.filter(({ mode }) => blockedBy(mode) !== "nothing"),
    equivalents: rule.equivalents,
    evidence: observation.evidence ?? [],
    rewriting: observation.rewriting ?? null,
    statement,
    transaction: state.transaction,
  });
}

function ignoredInFileOf(script: LintScript, run: Run): readonly string[] | null {
  const known = run.wholeFiles.get(script);
  if (known !== undefined) return known;
  const ids = script.text.includes("squawk-ignore-file") ? ignoredInFile(script) : null;
  run.wholeFiles.set(script, ids);
  return ids;
}

function checkIgnores(ignores: readonly Ignore[], statement: LintStatement, run: Run): void {
  const known = new Set(run.options.known ?? run.options.rules.map(({ id }) => id));
  for (const { ours, ids, reason, at } of ignores) {
    if (!ours) continue;
    const unknown = ids.find((id) => !known.has(id) && !id.includes(":"));
    const message =
      ids.length === 0
        ? "the comment names no rule: write dbwright-ignore rule-id: reason"
        : unknown !== undefined
          ? `the comment names a rule that does not exist: ${unknown}`
          : reason === ""
            ? `the comment about ${ids.join(", ")} gives no reason, and so sets nothing aside`
            : null;
    if (message !== null) run.misdirected.push({ message, ...placeOf(statement.script, at, run) });
    else {
      const ofScript = run.ignores.get(statement.script) ?? new Map<number, TrackedIgnore>();
      run.ignores.set(statement.script, ofScript.set(at, { ids, used: new Set() }));
    }
  }
}

// A comment may go that has nothing to set aside any more; of rules that did not look nothing is said.
function unusedIgnores(run: Run): LintResult["unused"] {
  const ran = new Set(run.options.rules.map(({ id }) => id));
  return [...run.ignores].flatMap(([script, places]) =>
    [...places].flatMap(([at, { ids, used }]) =>
      ids
        .filter((id) => ran.has(id) && !used.has(id))
        .map((id) => ({
          message: `${id} has nothing to say here: the comment can go`,
          ...placeOf(script, at, run),
        })),
    ),
  );
}

function placeOf(script: LintScript, index: number, run: Run): LintPlace {
  let starts = run.lines.get(script);
  if (starts === undefined) {
    starts = [0, ...[...script.text.matchAll(/\n/g)].map((match) => match.index + 1)];
    run.lines.set(script, starts);
  }
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const line = script.lines?.[low];
  if (line !== undefined) return { file: script.file, line, column: 1 };
  return { file: script.file, line: low + 1, column: index - (starts[low] ?? 0) + 1 };
}
