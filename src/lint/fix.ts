import type { LintFinding, LintOptions } from "./lint.ts";
import { lintScripts } from "./lint.ts";
import { scriptsIn } from "./marks.ts";
import type { Direction } from "./marks.ts";
import type { LintRule, RewrittenStatement } from "./rule.ts";
import type { ScriptMarks } from "./script.ts";

/** A file that may be rewritten. */
export interface FixableFile {
  readonly file: string;
  readonly text: string;
}

/** A file after its rewriting, with what was not done and why. */
export interface FixedFiles {
  readonly files: readonly FixableFile[];
  /** Rewritings that were left to a person. */
  readonly left: readonly {
    readonly file: string;
    readonly line: number;
    readonly rule: string;
    readonly why: string;
  }[];
}

/** Passes over the files at most: a rewriting may show the next one, and each pass takes one for a statement. */
const PASSES_MAX = 25;

/**
 * Writes the safe rewritings into the files, over and over until none is left, so that doing it again changes nothing.
 * Only what is called safe is written; statements in bodies stay as they are.
 */
export async function fixFiles(
  files: readonly FixableFile[],
  options: LintOptions,
  direction: Direction,
): Promise<FixedFiles> {
  let now = [...files];
  const left = new Map<string, FixedFiles["left"][number]>();
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const scripts = now.flatMap(({ file, text }) => scriptsIn(file, text, direction));
    const { findings, errors } = await lintScripts(scripts, options);
    // What a statement does that nobody could read may forbid the rewriting of another.
    const unread = new Set(errors.map(({ file }) => file));
    const due = findings.filter(({ rewriting, file }) => rewriting?.safety === "safe" && !unread.has(file));
    let changed = false;
    left.clear();
    now = now.map((one) => {
      const mine = inOrder(
        due.filter(({ file }) => file === one.file),
        options.rules,
      );
      const text = rewritten(one.text, mine, options, (finding, why) => {
        const { file, line, rule } = finding;
        left.set(`${file}:${line} ${rule}`, { file, line, rule, why });
      });
      changed ||= text !== one.text;
      return { ...one, text };
    });
    if (!changed) break;
  }
  return { files: now, left: [...left.values()] };
}

// Waits are limited last: what else is rewritten decides which transaction a SET LOCAL would speak of.
const LAST = ["not-repeatable", "no-lock-timeout"];

function inOrder(findings: readonly LintFinding[], rules: readonly LintRule[]): readonly LintFinding[] {
  const rank = ({ rule }: LintFinding): number =>
    LAST.includes(rule) ? rules.length + LAST.indexOf(rule) : rules.findIndex(({ id }) => id === rule);
  return findings.toSorted((a, b) => rank(a) - rank(b));
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function rewritten(
  text: string,
  findings: readonly LintFinding[],
  options: LintOptions,
  leave: (finding: LintFinding, why: string) => void,
): string {
  const edits: Edit[] = [];
  const taken = new Set<number>();
  const lineEnd = /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";
  const early = findings.some(({ rule }) => !LAST.includes(rule));
  let withoutTransaction: ScriptMarks | null = null;
  for (const finding of findings) {
    const { rewriting, statement, rule } = finding;
    if (rewriting === null || statement === null || taken.has(statement.start) || (early && LAST.includes(rule)))
      continue;
    const leaves = rewriting.statements.some(({ alone, apart }) => alone === true || apart === true);
    const assumed = finding.transaction === "assumed" && leaves;
    const marks = statement.script.marks;
    if (assumed && options.assumeInTransaction === true && marks === "plain") {
      leave(
        finding,
        "the file is run in a transaction by its tool, and what is to be written may not run in one: put it into a file of its own",
      );
      continue;
    }
    const onlyApart = assumed && !rewriting.statements.some(({ alone }) => alone === true);
    if (assumed && (marks !== "plain" || onlyApart)) withoutTransaction = marks;
    taken.add(statement.start);
    edits.push({
      start: statement.start,
      end: statement.end,
      text: joined(rewriting.statements, finding.transaction === "explicit", lineEnd),
    });
  }
  let result = text;
  for (const { start, end, text: by } of edits.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + by + result.slice(end);
  return withoutTransaction === null ? result : unwrapped(result, withoutTransaction, lineEnd);
}

// The statements with what ends and begins transactions between them. The last semicolon is the file's own.
function joined(statements: readonly RewrittenStatement[], explicit: boolean, lineEnd: string): string {
  if (!explicit) return statements.map(({ sql }) => sql).join(`;${lineEnd}`);
  const lines: string[] = [];
  let open = true;
  for (const { sql, alone, apart } of statements) {
    const word = (text: string): string => (/^[a-z]/.test(sql) ? text.toLowerCase() : text);
    if ((alone === true || apart === true) && open) {
      lines.push(word("COMMIT"));
      open = false;
    }
    if (!open && alone !== true) {
      lines.push(word("BEGIN"));
      open = true;
    }
    lines.push(sql);
  }
  if (!open) lines.push(/^[a-z]/.test(statements.at(-1)?.sql ?? "") ? "begin" : "BEGIN");
  return lines.join(`;${lineEnd}`);
}

// Tells the tool not to wrap the file, in the tool's own words.
function unwrapped(text: string, marks: ScriptMarks, lineEnd: string): string {
  // Before all else, but for a byte order mark.
  const headed = (line: string): string => text.replace(/^\uFEFF?/, (mark) => mark + line + lineEnd);
  switch (marks) {
    case "dbmate":
      return text.replace(/^([ \t]*--[ \t]*migrate:up)(?![^\n]*transaction:)([^\n]*)$/im, "$1 transaction:false$2");
    case "sql-migrate":
      return text.replace(/^([ \t]*--[ \t]*\+migrate[ \t]+up)(?![^\n]*notransaction)([^\n]*)$/im, "$1 notransaction$2");
    case "liquibase":
      return text.replaceAll(
        /^(--[ \t]*changeset[ \t]+[^\s]+)(?![^\n]*runInTransaction:)([^\n]*)$/gim,
        "$1 runInTransaction:false$2",
      );
    case "goose":
      return /\+goose[ \t]+no[ \t]+transaction/i.test(text) ? text : headed("-- +goose NO TRANSACTION");
    case "plain":
    case "rambler":
      return /^--[ \t]*dbwright:no-transaction/m.test(text) ? text : headed("-- dbwright:no-transaction");
  }
}
