import type { BriefEntity } from "../model/brief.ts";

/** An entity without anything: the base of those that design adds. */
export function plainEntity(name: string, like: BriefEntity, more: Partial<BriefEntity>): BriefEntity {
  return {
    name,
    about: null,
    fields: [],
    belongsTo: [],
    manyToMany: [],
    isA: null,
    key: null,
    perTenant: null,
    rules: [],
    dependencies: [],
    search: [],
    history: "none",
    softDelete: false,
    appendOnly: false,
    orderedWithin: null,
    volume: { now_rows: null, per_month_rows: null, row_bytes: null, skew: null },
    retention: null,
    erase: null,
    classification: like.classification,
    consistency: like.consistency,
    at: like.at,
    ...more,
  };
}
