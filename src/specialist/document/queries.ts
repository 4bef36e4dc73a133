import type { DesignedQuery } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import { slugOf } from "../../twin/prove/plans.ts";
import { rateText } from "../../design/figures.ts";
import { span } from "./figures.ts";
import { code, fenced, plain } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { observed, standingOf } from "./proof.ts";
import type { Subject } from "./subject.ts";

function goals(query: DesignedQuery): string {
  const { rate_per_s, p95_ms, staleness_s } = query.source;
  return [
    rate_per_s === null ? "" : rateText(rate_per_s),
    p95_ms === null ? "" : `p95 at most ${p95_ms < 1_000 ? `${p95_ms} ms` : span(p95_ms / 1_000)}`,
    staleness_s === null ? "" : `may be ${span(staleness_s)} old`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function observation(step: ProofStep): string {
  return `*${standingOf(step)}*: ${plain(observed(step))}`;
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
  const timed = subject.steps("latency").length > 0;
  const paged = subject.design.queries.some(
    ({ source }) => source.operation === "read" && (source.limit ?? 0) > 1 && source.order.length > 0,
  );
  return paragraphs(
    timed
      ? "Plans are *estimated* at the stated volume; times are *measured* on the generated rows of this machine's server and say nothing about production hardware."
      : "",
    paged
      ? "Lists are paged by the last row seen (its order columns and its key, which each ORDER BY ends with), not by an OFFSET, which would read every earlier page again."
      : "",
    ...sections,
  );
}
