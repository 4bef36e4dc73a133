import type { Catalog } from "../../model/catalog.ts";
import type { Design } from "../../model/design.ts";
import type { Proof } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import type { Dialect } from "../../model/statement.ts";
import { responseOf } from "./answer.ts";
import type { DatabaseResponse, RecommendedChange } from "./answer.ts";
import { currentSchema } from "./current-schema.ts";

/** A design with what was seen when it was tried. */
export interface TriedDesign {
  readonly design: Design;
  readonly proof: Proof;
  readonly dialect: Dialect;
}

/**
 * The answer to `design`: the statements of the design for a brief, its decisions, and what stands in the source
 * today. Without a brief nothing is designed, and that is said. The statements are for a database that has none of
 * the design's tables; they change nothing that is there, so that nothing breaks by them.
 */
export function answerFromDesign(query: string, current: Catalog | null, made: TriedDesign | null): DatabaseResponse {
  return responseOf({
    current_schema: current === null ? null : currentSchema(current, query),
    recommended_changes: made === null ? [] : [changeOf(made)],
    breaking_changes: [],
    notes: made === null ? ["nothing was designed: the request has no brief"] : collisions(current, made.design),
  });
}

function changeOf({ design, proof, dialect }: TriedDesign): RecommendedChange {
  const { brief, catalog, decisions } = design;
  const tables = catalog.objects.filter(({ kind }) => kind === "table").length;
  const tally = new Map<string, number>();
  for (const { verdict, standing } of proof.steps) {
    const key = verdict === "refuted" ? "refuted" : verdict === "not-run" ? "not proved" : standing;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  }
  const steps = [...tally].map(([what, count]) => `${count} ${what}`).join(", ");
  const refuted = proof.steps.find(({ verdict }) => verdict === "refuted");
  return {
    title: `create ${tables} tables for ${brief.name} in an empty database`,
    why: `${brief.entities.length} entities and ${brief.patterns.length} access patterns of the brief, with ${decisions.length} decisions`,
    severity: null,
    standing: proof.verdict === "not-run" ? "not proved" : proof.verdict,
    because: `${refuted === undefined ? "" : `${refuted.claim}: ${refuted.observed}; `}${steps} on ${proof.twin.server}`,
    safety: null,
    sql: dialect.create(catalog).map(({ sql }) => sql),
    decisions: decisions.map(({ id, subject, choice, because }) => ({ id, subject, choice, because })),
  };
}

const NAMED_MAX = 10;

function collisions(current: Catalog | null, { catalog }: Design): readonly string[] {
  if (current === null) return [];
  const there = new Set(current.objects.filter(({ kind }) => kind === "table").map(refKey));
  const both = catalog.objects.filter((object) => object.kind === "table" && there.has(refKey(object)));
  if (both.length === 0) return [];
  const names = both.slice(0, NAMED_MAX).map(({ schema, name }) => `${schema}.${name}`);
  return [
    `the source has tables of the design already, which were not compared with it: ${names.join(", ")}${both.length > NAMED_MAX ? ` and ${both.length - NAMED_MAX} more` : ""}`,
  ];
}
