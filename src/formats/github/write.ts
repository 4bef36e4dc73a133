import type { Severity } from "../../model/finding.ts";
import type { ReviewReport } from "../../model/review.ts";

// GitHub's words for the three severities.
const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

// As GitHub's own toolkit escapes a command's text and its properties (actions/toolkit, command.ts).
const data = (text: string): string =>
  text
    // A name in a database may hold what a terminal or a log viewer obeys.
    .replaceAll(/(?![\r\n\t])\p{Cc}/gu, "\uFFFD")
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/**
 * A report as workflow commands, one line for each finding, which GitHub Actions shows beside the lines of a
 * pull request. Findings without a file are shown with the run.
 */
export function writeGithub(report: ReviewReport): string {
  const lines = report.findings.map(({ severity, file, line, column, rule, object, message, fixes }) => {
    const properties = [
      ...(file === undefined ? [] : [`file=${property(file)}`]),
      ...(line === undefined ? [] : [`line=${line}`]),
      ...(column === undefined ? [] : [`col=${column}`]),
      `title=${property(rule)}`,
    ];
    const where = object === undefined || file !== undefined ? "" : ` (${object})`;
    const fix = fixes.find(({ sql }) => sql.length > 0);
    const cure =
      fix === undefined ? "" : `\n${fix.title} (${fix.safety}):\n${fix.sql.map((sql) => `${sql};`).join("\n")}`;
    return `::${COMMANDS[severity]} ${properties.join(",")}::${data(`${message}${where}${cure}`)}`;
  });
  const failed = report.summary.failed.map(
    ({ rule, why }) => `::warning title=${property(rule)}::${data(`this rule broke and did not look: ${why}`)}`,
  );
  return [...lines, ...failed].map((line) => `${line}\n`).join("");
}
