import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { ReportedFinding, ReportedFix, ReviewReport, RuleTexts } from "../../model/review.ts";
import type { ReviewedSource } from "../review/review-schema.ts";
import { responseOf } from "./answer.ts";
import type { DatabaseResponse, RecommendedChange, Tried } from "./answer.ts";
import { breakingChanges } from "./breaking.ts";
import { currentSchema } from "./current-schema.ts";
import type { CurrentSchema } from "./current-schema.ts";
import { scores } from "./relevance.ts";

const CHANGES_MAX = 40;

/** The answer to `review`: what the rules found about what the query names, with the first fix of each. */
export function answerFromReview(query: string, reviewed: ReviewedSource): DatabaseResponse {
  const { catalog, report, texts, fixes } = reviewed;
  const schema = currentSchema(catalog, query);
  const view = viewOf(catalog);
  const about = report.findings.filter((finding) => isAbout(finding, schema, view));
  const shown = about.slice(0, CHANGES_MAX);
  const recommended = shown.map((finding) => changeOf(finding, texts));
  const made = shown.flatMap((finding, index) =>
    recommended[index]?.standing === "refuted" ? [] : (fixes.get(finding.fingerprint)?.[0]?.changes ?? []),
  );
  return responseOf({
    current_schema: schema,
    recommended_changes: recommended,
    breaking_changes: breakingChanges(made),
    notes: [...leftOut(report.findings, about, shown, schema), ...unseen(report)],
  });
}

// Without a hit of the query everything counts. What belongs to no table counts by its name.
function isAbout({ object }: ReportedFinding, schema: CurrentSchema, view: CatalogView): boolean {
  if (!schema.matched || object === undefined) return true;
  const found = view.get(object);
  if (found === undefined) return true;
  const table = found.kind === "table" ? found.name : found.table;
  const name = [found.schema, table].filter((part) => part !== null).join(".");
  if (table !== null && schema.tables.some((one) => one.name === name)) return true;
  return (scores(schema.terms, [[{ text: `${found.schema ?? ""} ${found.name}`, weight: 1 }]])[0] ?? 0) > 0;
}

function changeOf(finding: ReportedFinding, texts: RuleTexts): RecommendedChange {
  const text = texts.get(finding.rule);
  const [first, ...others] = finding.fixes;
  return {
    title: first?.title ?? text?.remedy ?? finding.message,
    why: [finding.message, text?.why ?? ""].filter((part) => part !== "").join(". "),
    severity: finding.severity,
    ...triedOf(first),
    safety: first?.safety ?? null,
    sql: first?.sql ?? [],
    ...(finding.object === undefined ? {} : { object: finding.object }),
    rule: finding.rule,
    ...(others.length === 0 ? {} : { alternatives: others.map(({ title, safety, sql }) => ({ title, safety, sql })) }),
  };
}

function triedOf(fix: ReportedFix | undefined): { readonly standing: Tried; readonly because: string } {
  if (fix === undefined)
    return { standing: "not proved", because: "there is no change to try: a person decides what to do" };
  if (fix.unprintable !== undefined)
    return { standing: "not proved", because: `no statement can do it: ${fix.unprintable}` };
  const { proof } = fix;
  if (proof === undefined) return { standing: "not proved", because: "only changes that are called safe are tried" };
  const seen = proof.reason ?? proof.steps.at(-1)?.observed ?? proof.claim;
  if (proof.verdict === "not-run") return { standing: "not proved", because: seen };
  return { standing: proof.verdict, because: `${seen} (${proof.twin.server})` };
}

function leftOut(
  all: readonly ReportedFinding[],
  about: readonly ReportedFinding[],
  shown: readonly ReportedFinding[],
  schema: CurrentSchema,
): readonly string[] {
  const notes: string[] = [];
  if (!schema.matched && schema.terms.length > 0)
    notes.push("no table answers the query: the whole source was looked at");
  if (about.length < all.length) {
    const others = all.filter((finding) => !about.includes(finding));
    const count = (severity: string): number => others.filter((finding) => finding.severity === severity).length;
    notes.push(
      `findings about other objects were left out: error ${count("error")}, warning ${count("warning")}, info ${count("info")}`,
    );
  }
  if (shown.length < about.length) notes.push(`${about.length - shown.length} milder findings were left out`);
  return notes;
}

function unseen({ summary }: ReviewReport): readonly string[] {
  const silent = new Map<string, string[]>();
  for (const { rule, why } of [...summary.notRun, ...summary.failed])
    silent.set(why, [...(silent.get(why) ?? []), rule]);
  return [
    ...summary.unseen.map(({ what, why }) => `not looked at: ${what}: ${why}`),
    ...[...silent].map(([why, rules]) => `rules that did not look: ${rules.join(", ")}: ${why}`),
    ...(summary.suppressed === 0 ? [] : [`${summary.suppressed} findings were set aside with a reason`]),
  ];
}
