import type { Style } from "../../model/action.ts";
import type { Severity } from "../../model/finding.ts";
import type { ReportedFinding, ReportedFix, ReviewReport, RuleTexts } from "../../model/review.ts";
import { byReason, counted, groupOf, standingOf, summaryLine, WORST_FIRST } from "./wording.ts";

/** Parts of the source named one by one; the rest is counted. */
const UNSEEN_SHOWN = 20;

// What a terminal would take for a command (ESC, carriage return, bidirectional marks …) in a hostile name.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const COMMANDS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const tame = (text: string): string => text.replaceAll(COMMANDS, "\ufffd");
/** A text without line breaks and without what a terminal would obey. */
export const oneLine = (text: string): string => tame(text.replaceAll(/\s+/g, " "));

/**
 * A report for a person at a terminal: by severity, then by table; each rule's reason once for each table; the
 * statements of each fix with how they stand; then what was not looked at, and the summary.
 */
export function findingsText(report: ReviewReport, rules: RuleTexts, style: Style): string {
  const blocks: string[] = [];
  for (const severity of WORST_FIRST) {
    const found = report.findings.filter((finding) => finding.severity === severity);
    if (found.length === 0) continue;
    blocks.push(coloured(severity, style.bold(counted(found.length, severity)), style));
    for (const [group, findings] of groups(found))
      blocks.push([style.bold(oneLine(group)), ...findings.flatMap((one) => linesOf(one, rules, style))].join("\n"));
  }
  const silent = silence(report, style);
  if (silent.length > 0) blocks.push(silent.join("\n"));
  blocks.push(style.bold(summaryLine(report.summary)));
  return blocks.join("\n\n");
}

function coloured(severity: Severity, text: string, style: Style): string {
  return severity === "error" ? style.red(text) : severity === "warning" ? style.yellow(text) : style.cyan(text);
}

function groups(findings: readonly ReportedFinding[]): ReadonlyMap<string, readonly ReportedFinding[]> {
  const by = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const group = groupOf(finding);
    const known = by.get(group);
    if (known === undefined) by.set(group, [finding]);
    else known.push(finding);
  }
  return by;
}

function linesOf(finding: ReportedFinding, rules: RuleTexts, style: Style): string[] {
  const { file, line } = finding;
  const place = file === undefined ? "" : `  ${tame(file)}${line === undefined ? "" : `:${line}`}`;
  const sign = coloured(finding.severity, finding.severity === "info" ? "i" : "✗", style);
  const why = rules.get(finding.rule)?.why;
  return [
    `  ${sign} ${oneLine(finding.message)}  ${style.dim(`${finding.rule}${place}`)}`,
    ...(why === undefined ? [] : [style.dim(`    ${fitted(oneLine(why), style.columns - 4)}`)]),
    ...finding.fixes.flatMap((fix) => fixLines(fix, style)),
  ];
}

function fixLines(fix: ReportedFix, style: Style): string[] {
  const proved = fix.proof?.verdict === "proved";
  const standing = `(${oneLine(standingOf(fix))})`;
  return [
    `    → ${oneLine(fix.title)} ${proved ? style.green(standing) : style.dim(standing)}`,
    ...fix.sql.flatMap((sql) =>
      tame(`${sql};`)
        .split("\n")
        .map((text) => style.cyan(`        ${text}`)),
    ),
  ];
}

// One line, cut at a word's end.
function fitted(text: string, columns: number): string {
  if (text.length <= columns || columns < 20) return text;
  return `${text.slice(0, columns - 1).replace(/\s+\S*$/, "")}…`;
}

function silence({ summary }: ReviewReport, style: Style): string[] {
  const { failed, notRun, unseen } = summary;
  const more = unseen.length - UNSEEN_SHOWN;
  return [
    ...byReason(failed).map(
      ([why, rules]) =>
        `${style.red("broke")}: ${rules.join(", ")}: ${oneLine(why)} (a defect of the rule; the rest went on)`,
    ),
    ...byReason(notRun).map(([why, rules]) => `${style.yellow("not run")}: ${rules.join(", ")}: ${oneLine(why)}`),
    ...unseen
      .slice(0, UNSEEN_SHOWN)
      .map(({ what, why }) => `${style.yellow("not looked at")}: ${oneLine(what)}: ${oneLine(why)}`),
    ...(more > 0 ? [`${style.yellow("not looked at")}: ${counted(more, "part")} more (all are in --json)`] : []),
  ];
}
