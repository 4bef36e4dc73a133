import type { DesignedQuery } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import { slugOf } from "../../twin/prove/plans.ts";
import { span } from "./figures.ts";
import { code, fenced, plain } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { standingOf } from "./proof.ts";
import type { Subject } from "./subject.ts";

function goals(query: DesignedQuery): string {
  const { rate_per_s, p95_ms, staleness_s } = query.source;
  return [
    rate_per_s === null ? "" : `${rate_per_s} a second`,
    p95_ms === null ? "" : `p95 at most ${p95_ms} ms`,
    staleness_s === null ? "" : `may be ${span(staleness_s)} old`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function observation(step: ProofStep): string {
  return `*${standingOf(step)}*: ${plain(step.observed)}`;
}

/** Each access pattern as its query, its plan at the stated volume, and its measured time. */
export function queryPatterns(subject: Subject): string {
  const sections = subject.design.queries.map((query) => {
    const slug = slugOf(query.pattern);
    const steps = [...subject.steps(`plan/${slug}`), ...subject.steps(`latency/${slug}`)].filter((step) =>
      step.id.endsWith(`/${slug}`),
    );
    const scans = query.mayScan.map((scan) => `reads all of ${code(subject.tableName(scan))}: ${plain(scan.why)}`);
    return paragraphs(
      `### ${plain(query.pattern)}`,
      [query.source.about === null ? "" : plain(query.source.about), goals(query)]
        .filter((part) => part !== "")
        .join(" · "),
      fenced("sql", query.sql),
      query.note === null ? "" : plain(query.note),
      bullets([...scans, ...steps.map(observation)]),
    );
  });
  return paragraphs(...sections);
}
