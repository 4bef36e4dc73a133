import type { Style } from "../../model/action.ts";
import type { LockMode } from "../../model/plan.ts";
import type { ReportedFinding, ReviewReport, RuleTexts } from "../../model/review.ts";
import { describeLock } from "../../sql/effect/lock-words.ts";
import { oneLine } from "./text.ts";
import { standingOf, summaryLine } from "./wording.ts";

/**
 * Findings on files for a person at a terminal: file by file, line by line; each rule's reason at its first finding
 * in a file; the lock and what it keeps others from; and the statements to write instead.
 */
export function lintText(report: ReviewReport, rules: RuleTexts, style: Style): string {
  const files = new Map<string, ReportedFinding[]>();
  for (const finding of report.findings) {
    const file = finding.file ?? "";
    files.set(file, [...(files.get(file) ?? []), finding]);
  }
  const blocks = [...files].map(([file, findings]) => {
    const told = new Set<string>();
    const lines = findings.flatMap((finding) => {
      const first = !told.has(finding.rule);
      told.add(finding.rule);
      return linesOf(finding, first ? rules.get(finding.rule)?.why : undefined, style);
    });
    return [style.bold(oneLine(file)), ...lines].join("\n");
  });
  const broken = report.summary.failed.map(({ rule, why }) => `rule ${rule} broke and did not look: ${oneLine(why)}`);
  return [...blocks, ...broken, style.bold(summaryLine(report.summary))].join("\n\n");
}

function linesOf(finding: ReportedFinding, why: string | undefined, style: Style): string[] {
  const { severity, line, column, message, rule, locks = [], fixes } = finding;
  const sign = severity === "error" ? style.red("✗") : severity === "warning" ? style.yellow("✗") : style.cyan("i");
  const place = `${line ?? 1}:${column ?? 1}`.padEnd(7);
  const [strongest] = locks;
  const shown = strongest !== undefined && severity !== "info" ? [lockLine(strongest)] : [];
  return [
    `  ${style.dim(place)} ${sign} ${oneLine(message)}  ${style.dim(rule)}`,
    ...[...shown, ...(why === undefined || severity === "info" ? [] : [oneLine(why)])].map((text) =>
      style.dim(`            ${text}`),
    ),
    ...fixes.flatMap((fix) => [
      `            ${style.green("instead")}: ${oneLine(fix.title)} ${style.dim(`(${standingOf(fix)})`)}`,
      ...fix.sql.map((sql) => `              ${sql.replaceAll(/\s*\n\s*/g, " ")};`),
    ]),
  ];
}

function lockLine({ relation, mode }: { readonly relation: string; readonly mode: LockMode }): string {
  return `lock ${mode} on ${oneLine(relation)}: ${describeLock(mode)}`;
}

/** A statement that ran on a server, with what was claimed of it and what was seen. */
export interface TraceLine {
  readonly file: string;
  readonly line: number;
  readonly statement: string;
  readonly seen: {
    readonly locks: readonly { readonly relation: string; readonly mode: LockMode }[];
    readonly rewrites: readonly string[];
    readonly scans: readonly string[];
  } | null;
  readonly why: string | null;
  readonly contradictions: readonly string[];
}

/** What a server did, statement by statement, and where that was not what had been claimed. */
export function traceText(lines: readonly TraceLine[], style: Style): string {
  const shown = lines.map(({ file, line, statement, seen, why, contradictions }) => {
    const list = (word: string, items: readonly string[]): string[] =>
      items.length === 0 ? [] : [`            ${word} ${items.map(oneLine).join(", ")}`];
    const did =
      seen === null
        ? [`            ${oneLine(why ?? "not watched")}`]
        : [
            ...list(
              "locked",
              seen.locks.map(({ relation, mode }) => `${relation} ${mode}`),
            ),
            ...list("wrote anew", seen.rewrites),
            ...list("read whole", seen.scans),
          ];
    return [
      `  ${style.dim(`${oneLine(file)}:${line}`)} ${oneLine(statement)}`,
      ...did,
      ...contradictions.map((what) => `            ${style.red("not as claimed")}: ${oneLine(what)}`),
    ].join("\n");
  });
  return [style.bold("measured on the twin"), ...shown].join("\n");
}
