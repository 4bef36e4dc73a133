import { readFile, writeFile } from "node:fs/promises";
import { fixFiles } from "../../lint/fix.ts";
import { lintScripts } from "../../lint/lint.ts";
import type { LintOptions } from "../../lint/lint.ts";
import { LINT_RULES } from "../../lint/registry.ts";
import type { LintReport } from "../../lint/report.ts";
import { reportOf, SYNTAX_ID, textsOf } from "../../lint/report.ts";
import { lineOf } from "../../lint/script.ts";
import type { LintSurroundings } from "../../lint/state.ts";
import type { ActionContext } from "../../model/action.ts";
import { invalid, unavailable } from "../../model/error.ts";
import type { RuleTexts } from "../../model/review.ts";
import { allRuleIds } from "../review/all-rule-ids.ts";
import { migrationFile, readMigrations } from "./read-migrations.ts";
import type { MigrationFile } from "./read-migrations.ts";
import { lintSettings } from "./settings.ts";
import type { LintSettings } from "./settings.ts";
import type { Traceable, TracedStatement } from "./trace.ts";

/** What is asked of lint; as the action's options. */
export interface LintRequest {
  readonly files: readonly string[];
  readonly pgVersion?: string | undefined;
  readonly assumeInTransaction?: boolean | undefined;
  readonly source?: string | undefined;
  readonly fix: boolean;
  readonly trace: boolean;
  readonly down: boolean;
  readonly config?: string | undefined;
  readonly baseline?: string | undefined;
  readonly writeBaseline?: string | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly notRules?: readonly string[] | undefined;
  readonly engine?: string | undefined;
  readonly twin?: string | undefined;
}

/** What became of it. */
export interface LintedFiles {
  readonly report: LintReport;
  readonly texts: RuleTexts;
  /** Null where nothing was run. */
  readonly trace: readonly TracedStatement[] | null;
  /** Files that were rewritten. */
  readonly fixed: readonly string[];
  readonly notes: readonly string[];
  /** From which severity on the project wants to hear of it. */
  readonly failOn: LintSettings["failOn"];
}

/**
 * Reads migrations, looks at them, and as asked rewrites them or runs them on the twin. A statement that does not parse
 * is reported as `syntax-error`, and the others are looked at; its file is neither rewritten nor run. Throws `invalid`
 * (exit 2) for files that do not exist.
 */
export async function lintFiles(request: LintRequest, context: ActionContext): Promise<LintedFiles> {
  const { cwd } = context;
  const settings = await lintSettings(LINT_RULES, request, cwd);
  const { severities, setsAside } = settings;
  // Nothing to take back is no mistake.
  const rules = request.down ? settings.rules.filter(({ ofEmpty }) => ofEmpty === undefined) : settings.rules;
  const baseline = request.baseline === undefined ? null : await readBaselineOf(cwd, request.baseline);
  if (request.fix && request.files.includes("-"))
    throw invalid({ what: "standard input cannot be rewritten", where: "--fix", expected: "files" });
  const read = await readAll(request, context);
  const notes = [...read.notes];
  const source = request.source === undefined && !request.trace ? null : await import("./surroundings.ts");
  const around = source === null ? null : await source.openSurroundings(request, context);
  try {
    const major = majorOf(request.pgVersion) ?? around?.major;
    const surroundings: LintSurroundings = {
      ...(major === undefined ? {} : { major }),
      ...(request.assumeInTransaction === undefined ? {} : { assumeInTransaction: request.assumeInTransaction }),
      ...(around === null ? {} : { schema: around.lookup, rows: around.rows }),
    };
    const traceables: Traceable[] = [];
    const options: LintOptions = {
      ...surroundings,
      rules,
      known: await knownIn(read.files),
      severities,
      setsAside,
      onStatement: (statement, state) => {
        const line = lineOf(statement.script, statement.start);
        traceables.push({ statement, line, transaction: state.transaction, created: new Set(state.created) });
      },
    };
    let files = read.files;
    const fixed: string[] = [];
    if (request.fix) files = await written(files, options, request, { fixed, notes });
    traceables.length = 0;
    const result = await lintScripts(
      files.flatMap(({ scripts }) => scripts),
      request.trace ? options : { ...options, onStatement: () => {} },
    );
    const unread = new Set(result.errors.map(({ file }) => file));
    for (const file of unread) {
      if (request.fix) notes.push(`${file}: it is not rewritten, since not all of it parses`);
      if (request.trace) notes.push(`${file}: it is not run, since not all of it parses`);
    }
    const runnable = traceables.filter(({ statement }) => !unread.has(statement.script.file));
    const trace = around === null || !request.trace ? null : await around.trace(runnable);
    for (const note of around?.notes ?? []) notes.push(note);
    if (result.statements === 0) notes.push("there is no statement in what was looked at");
    const whole = reportOf(result, rules, files.length, { off: settings.off, baseline: null });
    if (request.writeBaseline !== undefined) {
      const { writeBaseline } = await import("../review/baseline.ts");
      await writeBaseline(
        cwd,
        request.writeBaseline,
        whole.findings.flatMap(({ rule, fingerprint }) => (rule === SYNTAX_ID ? [] : [fingerprint])),
      );
      notes.push(
        `${request.writeBaseline}: ${whole.findings.length - whole.summary.syntaxErrors} findings are known from now on`,
      );
    }
    const report = reportOf(result, rules, files.length, { off: settings.off, baseline });
    return { report, texts: textsOf(rules), trace, fixed, notes, failOn: settings.failOn };
  } finally {
    await around?.close();
  }
}

async function readBaselineOf(cwd: string, file: string): Promise<ReadonlySet<string>> {
  const { readBaseline } = await import("../review/baseline.ts");
  return await readBaseline(cwd, file);
}

// The rules of schemas are loaded only where a comment may speak of one: files are read by `review`, too.
async function knownIn(files: readonly MigrationFile[]): Promise<readonly string[]> {
  if (files.some(({ text }) => text.includes("dbwright-ignore"))) return await allRuleIds();
  return LINT_RULES.map(({ id }) => id);
}

async function readAll(
  request: LintRequest,
  context: ActionContext,
): Promise<{ files: readonly MigrationFile[]; notes: readonly string[] }> {
  const files: MigrationFile[] = [];
  const notes: string[] = [];
  const direction = request.down ? "down" : "up";
  for (const path of request.files) {
    if (path === "-") {
      files.push(migrationFile("<stdin>", null, await context.stdin(), direction));
      continue;
    }
    const read = await readMigrations(path, context, direction);
    files.push(...read.files);
    notes.push(...read.notes);
  }
  return { files, notes };
}

async function written(
  files: readonly MigrationFile[],
  options: LintOptions,
  { down }: LintRequest,
  told: { readonly fixed: string[]; readonly notes: string[] },
): Promise<readonly MigrationFile[]> {
  const direction = down ? "down" : "up";
  const quiet = { ...options, onStatement: () => {} };
  for (const { file, scripts } of files)
    if (isProgram(scripts))
      told.notes.push(`${file}: programs are not rewritten: what to send instead is in the findings`);
  const result = await fixFiles(
    files.map((one) => (isProgram(one.scripts) ? { ...one, text: "" } : one)),
    quiet,
    direction,
  );
  for (const { file, line, rule, why } of result.left)
    told.notes.push(`${file}:${line}: ${rule} is left to you: ${why}`);
  return await Promise.all(
    files.map(async (one, index) => {
      const text = result.files[index]?.text ?? one.text;
      if (text === one.text || isProgram(one.scripts)) return one;
      if (one.path !== null) {
        const bytes = await readFile(one.path);
        if (!bytes.equals(Buffer.from(one.text))) {
          told.notes.push(`${one.file}: it is not rewritten, since it is not in UTF-8`);
          return one;
        }
        await writeFile(one.path, text).catch((error: NodeJS.ErrnoException) => {
          throw unavailable(
            { what: `the file cannot be written: ${error.code ?? error.message}`, where: one.file },
            { cause: error },
          );
        });
      }
      told.fixed.push(one.file);
      return migrationFile(one.file, one.path, text, direction);
    }),
  );
}

const isProgram = (scripts: MigrationFile["scripts"]): boolean => scripts.some(({ lines }) => lines !== undefined);

/** A version of PostgreSQL as people write it, by its major: 9 for 9.6. Throws `invalid` for anything else. */
function majorOf(version: string | undefined): number | undefined {
  if (version === undefined) return undefined;
  const match = /^(?:postgres(?:ql)?@?)?\s*(\d{1,2})(?:\.\d+)*$/i.exec(version.trim());
  const major = Number(match?.[1] ?? 0);
  if (major < 9 || major > 30)
    throw invalid({
      what: `${JSON.stringify(version)} is no version of PostgreSQL`,
      where: "--pg-version",
      expected: "e.g. 16, or 9.6",
    });
  return major;
}
