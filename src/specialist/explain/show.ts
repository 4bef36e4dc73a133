import type { Style } from "../../model/action.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { PlanFinding } from "../../tune/explain/plan-rule.ts";
import { silence } from "../../tune/explain/explain.ts";
import { timeText } from "../../tune/explain/plan-rule.ts";
import { treeOf } from "../../tune/explain/tree.ts";
import type { TreeLine } from "../../tune/explain/tree.ts";
import { harmless } from "../harmless.ts";

/** A plan and what was found in it, as `explain` prints it with `--json`. */
export interface ExplainedPlan {
  readonly how: string;
  readonly sql: string | null;
  readonly plan: QueryPlan;
  readonly findings: readonly PlanFinding[];
}

/** The tree of one plan and its findings, for a terminal. */
export function showPlan(explained: ExplainedPlan, style: Style): string {
  const { how, plan, findings } = harmless(explained, "broken");
  return [head(plan, how, style), "", ...showTree(plan, style), "", ...showFindings(findings, plan, style)].join("\n");
}

/** Two plans side by side where the terminal is wide enough, else one under the other, with what changed. */
export function showTwoPlans(first: ExplainedPlan, second: ExplainedPlan, style: Style): string {
  const [before, after] = [harmless(first, "broken"), harmless(second, "broken")];
  const lines = [comparison(before.plan, after.plan, style), ""];
  const [left, right] = [showTree(before.plan, PLAIN(style)), showTree(after.plan, PLAIN(style))];
  const width = Math.max(...left.map((line) => line.length), 6);
  if (width + 3 + Math.max(...right.map((line) => line.length)) <= style.columns) {
    lines.push(`${"before".padEnd(width)} │ after`);
    for (let row = 0; row < Math.max(left.length, right.length); row++)
      lines.push(`${(left[row] ?? "").padEnd(width)} │ ${right[row] ?? ""}`);
  } else
    lines.push(
      style.bold("before"),
      ...showTree(before.plan, style),
      "",
      style.bold("after"),
      ...showTree(after.plan, style),
    );
  const gone = before.findings.filter((one) => !after.findings.some(({ rule }) => rule === one.rule));
  const fresh = after.findings.filter((one) => !before.findings.some(({ rule }) => rule === one.rule));
  if (gone.length > 0)
    lines.push("", style.green("no longer so:"), ...gone.map((one) => `  ${one.title}: ${one.message}`));
  if (fresh.length > 0) lines.push("", style.red("new:"), ...fresh.map((one) => `  ${one.title}: ${one.message}`));
  lines.push("", ...showFindings(after.findings, after.plan, style));
  return lines.join("\n");
}

// Colours have a width of their own in columns.
const PLAIN = (style: Style): Style => {
  const same = (text: string): string => text;
  return { columns: style.columns, bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
};

function head(plan: QueryPlan, how: string, style: Style): string {
  const time = plan.execution_ms ?? plan.root.actual?.total_ms ?? null;
  const planned = plan.planning_ms === null ? "" : `, planned in ${timeText(plan.planning_ms)}`;
  return `${style.bold(time === null ? `cost ${plan.root.cost.total.toFixed(0)}` : timeText(time))}${planned} ${style.dim(`(${how})`)}`;
}

function comparison(before: QueryPlan, after: QueryPlan, style: Style): string {
  const parts: string[] = [];
  const [from, to] = [before.execution_ms, after.execution_ms];
  if (from !== null && to !== null) parts.push(`time ${timeText(from)} → ${timeText(to)}${factor(from, to, style)}`);
  const [dear, cheap] = [before.root.cost.total, after.root.cost.total];
  parts.push(`cost ${dear.toFixed(0)} → ${cheap.toFixed(0)}${factor(dear, cheap, style)}`);
  const pages = (plan: QueryPlan): number | null =>
    plan.root.buffers === null ? null : plan.root.buffers.sharedHit + plan.root.buffers.sharedRead;
  const [many, few] = [pages(before), pages(after)];
  if (many !== null && few !== null) parts.push(`pages ${many.toLocaleString("en")} → ${few.toLocaleString("en")}`);
  return parts.join("; ");
}

function factor(from: number, to: number, style: Style): string {
  if (from <= 0 || to <= 0) return "";
  const times = from / to;
  if (times >= 1.1) return ` ${style.green(`(${times.toFixed(1)}× less)`)}`;
  return times <= 1 / 1.1 ? ` ${style.red(`(${(1 / times).toFixed(1)}× more)`)}` : "";
}

function showTree(plan: QueryPlan, style: Style): string[] {
  const lines = treeOf(plan);
  const ran = plan.root.actual !== null;
  const [timed, paged, looped] = [
    lines.some(({ time }) => time !== ""),
    lines.some(({ pages }) => pages !== ""),
    lines.some(({ loops }) => loops !== ""),
  ];
  const columns: { readonly title: string; readonly of: (line: TreeLine) => string; readonly right: boolean }[] = [
    ...(timed ? [{ title: ran ? "time" : "cost", of: (line: TreeLine) => line.time, right: true }] : []),
    { title: "own", of: (line) => (line.ownShare < 0.005 ? "" : `${Math.round(line.ownShare * 100)} %`), right: true },
    { title: ran ? "rows: expected → real" : "rows expected", of: (line) => line.rows, right: true },
    ...(looped ? [{ title: "loops", of: (line: TreeLine) => line.loops, right: true }] : []),
    ...(paged ? [{ title: "pages", of: (line: TreeLine) => line.pages, right: true }] : []),
  ];
  const widths = columns.map(({ title, of }) =>
    lines.reduce((widest, line) => Math.max(widest, of(line).length), title.length),
  );
  const title = columns.map((column, place) => column.title.padStart(widths[place] ?? 0)).join("  ");
  return [
    style.dim(`${title}  node`),
    ...lines.flatMap((line) => {
      const cells = columns.map(({ title: name, of }, place) => {
        const cell = of(line).padStart(widths[place] ?? 0);
        if (name === "own" && line.ownShare >= 0.3) return style.red(cell);
        if (name === "own" && line.ownShare >= 0.1) return style.yellow(cell);
        return name.startsWith("rows") && (line.off ?? 1) >= 10 ? style.red(cell) : cell;
      });
      const row = `${cells.join("  ")}  ${style.dim(line.branches)}${line.name}`;
      if (line.detail === "") return [row];
      const hang = " ".repeat(widths.reduce((sum, width) => sum + width + 2, 0));
      const below = line.branches.replaceAll("├─", "│ ").replaceAll("└─", "  ");
      return [row, `${hang}${style.dim(`${below}   ${line.detail}`)}`];
    }),
  ];
}

/** Findings of one rule that are told at length; a table of many partitions has one for each. */
const FINDINGS_OF_RULE_MAX = 3;

function showFindings(all: readonly PlanFinding[], plan: QueryPlan, style: Style): string[] {
  const counts = new Map<string, number>();
  const findings = all.filter(({ rule }) => {
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
    return (counts.get(rule) ?? 0) <= FINDINGS_OF_RULE_MAX;
  });
  const more = all.length - findings.length;
  const lines = findingLines(findings, plan, style);
  return more === 0 ? lines : [...lines, `and ${more} more of the same rules (all of them with --json)`];
}

function findingLines(findings: readonly PlanFinding[], plan: QueryPlan, style: Style): string[] {
  if (findings.length === 0) return [style.green(silence(plan))];
  const mark = { error: style.red("✗"), warning: style.yellow("!"), info: style.cyan("i") };
  return findings.flatMap((one) => [
    `${mark[one.severity]} ${style.bold(one.title)} ${style.dim(`[${one.rule}]${one.share === null ? "" : ` ${Math.round(one.share * 100)} % of the query`}`)}`,
    `  ${one.message}`,
    `  ${style.dim("why:")}    ${one.mechanism}`,
    `  ${style.dim("remedy:")} ${one.remedy}`,
    "",
  ]);
}
