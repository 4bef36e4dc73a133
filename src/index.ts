/**
 * dbwright for other programs: read a brief, design a database from it, and describe the outcome with the
 * same nouns that the command line prints with `--json`.
 *
 * @packageDocumentation
 */
export type {
  Brief,
  BriefDependency,
  BriefEntity,
  BriefField,
  BriefManyToMany,
  BriefPattern,
  BriefPosition,
  BriefRelation,
  BriefRetention,
  BriefRule,
  BriefTenancy,
  BriefVolume,
  Classification,
  FieldType,
} from "./model/brief.ts";
export type * from "./model/catalog.ts";
export { viewOf } from "./model/catalog-view.ts";
export type { CatalogView, TableView } from "./model/catalog-view.ts";
export type * from "./model/decision.ts";
export type * from "./model/design.ts";
export { DbwrightError } from "./model/error.ts";
export type { Problem } from "./model/error.ts";
export type { Progress, ProgressTask } from "./model/progress.ts";
export { verdictOf } from "./model/proof.ts";
export type { Proof, ProofStep, Standing, TwinDepth } from "./model/proof.ts";
export { KINDS, ref, refKey } from "./model/ref.ts";
export type { Kind, Ref, RefKey } from "./model/ref.ts";
export type { Dialect, Statement } from "./model/statement.ts";
