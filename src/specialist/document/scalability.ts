import { bytes, count, percent, three } from "./figures.ts";
import { decisionList } from "./decisions.ts";
import { code, plain, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { tableBytes } from "./subject.ts";
import type { Subject } from "./subject.ts";

const LARGEST = 8;

function writeRate(subject: Subject): string {
  const rates = new Map<string, number>();
  for (const { source } of subject.design.queries) {
    if (source.rate_per_s === null) continue;
    const what = ["insert", "update", "delete"].includes(source.operation) ? "write" : "read";
    rates.set(what, (rates.get(what) ?? 0) + source.rate_per_s);
  }
  if (rates.size === 0) return "";
  return `The patterns ask for ${three(rates.get("read") ?? 0)} reads and ${three(rates.get("write") ?? 0)} writes a second.`;
}

/** Growth of the largest tables, the largest tenant, partitions, and what was decided about capacity. */
export function scalability(subject: Subject): string {
  const { design, volumes } = subject;
  const months = [...new Set([0, 12, 24, design.brief.horizon_months])]
    .filter((month) => month <= design.brief.horizon_months)
    .toSorted((a, b) => a - b);
  const heads = months.map((month) => (month === 0 ? "now" : `${month} months`));
  // Retention keeps a table from growing past its horizon volume.
  const at = (volume: (typeof volumes)[number], month: number): number =>
    Math.min(volume.now_rows + volume.per_month_rows * month, Math.max(volume.horizon_rows, volume.now_rows));
  const rows = volumes
    .slice(0, LARGEST)
    .map((volume) => [
      code(subject.tableName(volume)),
      ...months.map((month) => `${count(at(volume, month))} (${bytes(tableBytes(volume, at(volume, month)))})`),
      volume.largest_tenant_share === null ? "" : count(volume.largest_tenant_share * volume.horizon_rows),
    ]);
  const total = months.map((month) =>
    bytes(volumes.reduce((sum, volume) => sum + tableBytes(volume, at(volume, month)), 0)),
  );
  const share = design.brief.tenancy?.largestShare;
  const partitions = design.partitions.map(
    (one) =>
      `${code(subject.tableName(one))} is cut by ${one.interval} of ${code(one.column)}, ${one.premake} made ahead${one.retain_months === null ? ", none dropped" : `, dropped after ${one.retain_months} months`}`,
  );
  return paragraphs(
    table(
      ["table", ...heads, "largest tenant"],
      [...rows, ["**all tables**", ...total.map((sum) => `**${sum}**`), ""]],
      [...heads, "largest tenant"],
    ),
    share === null || share === undefined
      ? ""
      : `The largest tenant holds ${percent(share)} of all rows; plans are judged for it as well as for the others.`,
    writeRate(subject),
    bullets(partitions),
    decisionList(subject.decisions("partition", "capacity")),
    bullets(design.jobs.map((job) => `**${plain(job.name)}**, every ${plain(job.every)}: ${plain(job.because)}`)),
  );
}
