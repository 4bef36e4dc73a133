import type { ReportedFinding, ReviewReport, RuleTexts } from "../../model/review.ts";
import { code, fenced, plain } from "../markdown/quote.ts";
import { byReason, counted, groupOf, standingOf, summaryLine, WORST_FIRST } from "./wording.ts";

/** GitHub refuses comments of more characters than this; what does not fit is counted. */
const CHARACTERS_MAX = 60_000;

const SIGNS = { error: "🔴", warning: "🟠", info: "🔵" } as const;

/** A report as a comment on a pull request: GitHub-flavoured Markdown, findings grouped by severity and table. */
export function writeFindingsMarkdown(report: ReviewReport, rules: RuleTexts): string {
  const parts = [`## Review of the schema\n\n${plain(summaryLine(report.summary))}`];
  let length = parts.join("").length;
  let left = 0;
  for (const severity of WORST_FIRST) {
    const found = report.findings.filter((finding) => finding.severity === severity);
    if (found.length === 0) continue;
    parts.push(`### ${SIGNS[severity]} ${counted(found.length, severity)}`);
    for (const finding of found) {
      const item = itemOf(finding, rules);
      length += item.length + 2;
      if (length > CHARACTERS_MAX) left++;
      else parts.push(item);
    }
  }
  if (left > 0) parts.push(`**${counted(left, "finding")} more did not fit into this comment.**`);
  return `${[...parts, ...silence(report)].join("\n\n")}\n`;
}

function itemOf(finding: ReportedFinding, rules: RuleTexts): string {
  const place =
    finding.file === undefined
      ? ""
      : ` · ${code(`${finding.file}${finding.line === undefined ? "" : `:${finding.line}`}`)}`;
  const lines = [`- **${plain(groupOf(finding))}**: ${plain(finding.message)} (${code(finding.rule)}${place})`];
  const why = rules.get(finding.rule)?.why;
  if (why !== undefined) lines.push(`  <br>${plain(why)}`);
  for (const fix of finding.fixes) {
    lines.push(`\n  ${plain(fix.title)} _(${plain(standingOf(fix))})_`);
    if (fix.sql.length > 0) {
      const block = fenced("sql", fix.sql.map((sql) => `${sql};`).join("\n"));
      lines.push(`\n${block.replaceAll(/^/gm, "  ")}`);
    }
  }
  return lines.join("\n");
}

function silence({ summary }: ReviewReport): string[] {
  const lines = [
    ...byReason(summary.failed).map(([why, rules]) => `- broke: ${rules.map(code).join(", ")}: ${plain(why)}`),
    ...byReason(summary.notRun).map(([why, rules]) => `- not run: ${rules.map(code).join(", ")}: ${plain(why)}`),
    ...summary.unseen.map(({ what, why }) => `- not looked at: ${plain(what)}: ${plain(why)}`),
  ];
  if (lines.length === 0) return [];
  return [`<details><summary>What was not looked at</summary>\n\n${lines.join("\n")}\n\n</details>`];
}
