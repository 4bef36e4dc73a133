import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Decision, DecisionTopic } from "../../model/decision.ts";
import type { Design, TableVolume } from "../../model/design.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";

/** What every section of the document reads from. */
export interface Subject {
  readonly design: Design;
  readonly proof: Proof;
  readonly dialect: Dialect;
  /** `YYYYMMDDHHMMSS` of the first migration. */
  readonly stamp: string;
  readonly view: CatalogView;
  /** Volumes of the tables, largest at the horizon first. */
  readonly volumes: readonly TableVolume[];
  /** Decisions of the given topics, in the order of the design. */
  decisions(...topics: readonly DecisionTopic[]): readonly Decision[];
  /** The proof's steps whose id starts with the prefix. */
  steps(prefix: string): readonly ProofStep[];
  /** A table's name as people write it: without the schema where it is the main one. */
  tableName(of: { readonly schema: string | null; readonly table: string }): string;
}

/** Bytes of a table's rows at a number of rows, without its indexes. */
export function tableBytes(volume: TableVolume, rows: number): number {
  return rows * volume.row_bytes;
}

/** Gathers what the sections need. */
export function subjectOf(design: Design, proof: Proof, dialect: Dialect, stamp: string): Subject {
  return {
    design,
    proof,
    dialect,
    stamp,
    view: viewOf(design.catalog),
    volumes: design.volumes.toSorted((a, b) => tableBytes(b, b.horizon_rows) - tableBytes(a, a.horizon_rows)),
    decisions: (...topics) => design.decisions.filter((decision) => topics.includes(decision.topic)),
    steps: (prefix) => proof.steps.filter((step) => step.id.startsWith(prefix)),
    tableName: ({ schema, table }) => (schema === design.schema ? table : `${schema ?? ""}.${table}`),
  };
}
