import { bytes, count, percent } from "./figures.ts";
import { decisionList } from "./decisions.ts";
import { code, fenced, plain, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { tableBytes } from "./subject.ts";
import type { Subject } from "./subject.ts";

const LARGEST = 8;

// A job as something to schedule: when, as whom, why, and the statement.
function jobs(subject: Subject): string {
  const { jobs: all } = subject.design;
  if (all.length === 0) return "";
  return paragraphs(
    "### Jobs",
    "Nothing schedules them yet: cron with psql, or pg_cron where it is at hand. Settings such as app.subject_id are set in the same transaction, with SET LOCAL.",
    ...all.map((job) =>
      paragraphs(
        `**${plain(job.name)}**, ${job.every.startsWith("once") ? "" : "every "}${plain(job.every)}: ${plain(job.because)}`,
        fenced("sql", `${job.sql.replace(/;\s*$/, "")};`),
      ),
    ),
  );
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
    bullets(partitions),
    decisionList(subject.decisions("partition", "capacity")),
    jobs(subject),
  );
}
