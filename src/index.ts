/**
 * dbwright for other programs: read a brief, design a database from it, try the design on a scratch server,
 * and read or write schemas. Values are plain and immutable, and the same that the command line prints with
 * `--json`.
 *
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { design, postgres, readBrief, writeSql } from "dbwright";
 *
 * const brief = readBrief(await readFile("shop.yaml", "utf8"), "shop.yaml");
 * const { catalog, decisions } = await design(brief, postgres);
 * console.log(writeSql(postgres.create(catalog), { title: "shop" }));
 * ```
 *
 * Errors that a person can act on are {@link DbwrightError}s: what, where, what was expected, how to mend it.
 *
 * @packageDocumentation
 */

// Everything the command line does, by the same inputs: (await entry.load()).run(input, context).
export { ACTIONS } from "./actions/registry.ts";
export type { Action, ActionContext, ActionEntry, Effect } from "./model/action.ts";

// From requirements to a design.
export { briefJsonSchema } from "./formats/brief/json-schema.ts";
export { readBrief } from "./formats/brief/read.ts";
export { design } from "./design/design.ts";
export type { DesignOptions } from "./design/design.ts";

// From one schema to another.
export { planDiff } from "./diff/plan.ts";
export type { PlanOptions } from "./diff/plan.ts";

// Plans of queries, and what is slow in them.
export { explainPlan } from "./tune/explain/explain.ts";
export type { PlanFinding, PlanObservation } from "./tune/explain/plan-rule.ts";
export { readQueryPlan } from "./engines/postgres/explain.ts";
export { readTextPlan } from "./formats/explain/read.ts";

// What a project says of its reviews.
export { configurationJsonSchema } from "./specialist/review/configuration-shape.ts";
export type { Configuration, RuleException, RuleSetting } from "./specialist/review/configuration-shape.ts";

// Trying it.
export { loadScripts } from "./twin/load/load.ts";
export type { LoadOptions } from "./twin/load/load.ts";
export type { Ignored, LoadFailure, LoadReport, LoadSkip, ScriptText } from "./twin/load/report.ts";
export { proveDesign } from "./twin/prove/prove-design.ts";
export type { ProveOptions } from "./twin/prove/prove-design.ts";
export { openServer } from "./twin/server/open.ts";
export type { TwinDatabase, TwinRequest, TwinServer } from "./twin/server.ts";

// PostgreSQL: as text, and on the wire.
export { postgres } from "./engines/postgres/dialect.ts";
export { connect } from "./engines/postgres/driver.ts";
export type { ConnectOptions, Result, Session } from "./engines/postgres/driver.ts";
export { introspect } from "./engines/postgres/introspect.ts";
export type { IntrospectOptions } from "./engines/postgres/introspect.ts";

// Schemas as other tools write them.
export { writeDbml } from "./formats/dbml/write.ts";
export { knexFileName, writeKnex } from "./formats/knex/write.ts";
export type { KnexMigration } from "./formats/knex/write.ts";
export { writeMarkdown } from "./formats/markdown/write.ts";
export { writeMermaid } from "./formats/mermaid/write.ts";
export type { MermaidOptions } from "./formats/mermaid/write.ts";
export { writePrisma } from "./formats/prisma/write.ts";
export type { PrismaOptions, PrismaSchema } from "./formats/prisma/write.ts";
export { writeSql } from "./formats/sql/write.ts";
export type { SqlScriptOptions } from "./formats/sql/write.ts";

// The nouns.
export type * from "./model/brief.ts";
export type * from "./model/catalog.ts";
export { catalogOf, viewOf } from "./model/catalog-view.ts";
export type { CatalogView, TableView } from "./model/catalog-view.ts";
export type * from "./model/change.ts";
export { UnprintableChange } from "./model/change.ts";
export type * from "./model/decision.ts";
export type * from "./model/design.ts";
export { DbwrightError, EXIT } from "./model/error.ts";
export type { Problem } from "./model/error.ts";
export type * from "./model/finding.ts";
export { silentProgress } from "./model/progress.ts";
export type { Progress, ProgressTask } from "./model/progress.ts";
export { verdictOf } from "./model/proof.ts";
export type { Proof, ProofStep, Standing, TwinDepth } from "./model/proof.ts";
export { KINDS, ref, refKey } from "./model/ref.ts";
export type { Kind, Ref, RefKey } from "./model/ref.ts";
export type * from "./model/plan.ts";
export { planNodes } from "./model/query-plan.ts";
export type * from "./model/query-plan.ts";
export type { Dialect, Statement } from "./model/statement.ts";
export type * from "./model/statistics.ts";
