/*
 * npm run corpus -- lint FILE.jsonl… : tries lint on migration scripts that others wrote. A line is
 * {case, input, meta: {rule, kind, assume?, version?}}: of kind "err" the equivalent of the rule must be found, of any
 * other kind it must not. Whose rules they are is the file's name up to its first dot: eugene.jsonl. Exit code 1 unless
 * every case comes out as expected.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { lintScripts } from "../src/lint/lint.ts";
import { scriptsIn } from "../src/lint/marks.ts";
import { LINT_RULES } from "../src/lint/registry.ts";

interface LintCase {
  readonly case: string;
  readonly input: string;
  readonly meta: { readonly rule: string; readonly kind: string; readonly assume?: boolean; readonly version?: number };
}

async function found(one: LintCase, tool: string): Promise<boolean> {
  const { errors, findings, failed } = await lintScripts(scriptsIn(`${one.case}.sql`, one.input), {
    rules: LINT_RULES,
    ...(one.meta.version === undefined ? {} : { major: one.meta.version }),
    ...(one.meta.assume === true ? { assumeInTransaction: true } : {}),
  });
  for (const { message, line } of errors) process.stdout.write(`  ${one.case}: line ${line}: ${message}\n`);
  for (const { rule, why } of failed) process.stdout.write(`  ${one.case}: rule ${rule} broke: ${why}\n`);
  return findings.some(({ equivalents }) => equivalents.includes(`${tool}:${one.meta.rule}`));
}

/** Tries the files, prints recall and false alarms of each, and says whether every case came out as expected. */
export async function corpusOfLint(files: readonly string[]): Promise<boolean> {
  let fine = true;
  for (const file of files) {
    const tool = basename(file).split(".")[0] ?? "";
    const cases = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as LintCase);
    const wrong: string[] = [];
    const counts = { bad: 0, recalled: 0, good: 0, falseAlarms: 0 };
    for (const one of cases) {
      const isBad = one.meta.kind === "err";
      const is = await found(one, tool);
      counts[isBad ? "bad" : "good"]++;
      if (isBad && is) counts.recalled++;
      if (!isBad && is) counts.falseAlarms++;
      if (isBad !== is) wrong.push(`${one.case}: ${isBad ? "not found" : "a false alarm"} (${tool}:${one.meta.rule})`);
    }
    process.stdout.write(
      `${basename(file)}: recall ${counts.recalled} of ${counts.bad}, false alarms ${counts.falseAlarms} of ${counts.good}\n${wrong.map((line) => `  ${line}\n`).join("")}`,
    );
    fine &&= wrong.length === 0;
  }
  return fine;
}
