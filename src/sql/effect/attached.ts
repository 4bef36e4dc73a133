import type {
  AlterPolicyStmt,
  AlterPublicationStmt,
  CommentStmt,
  CreatePolicyStmt,
  CreatePublicationStmt,
  CreateStatsStmt,
  CreateTrigStmt,
  Node,
  RuleStmt,
  SecLabelStmt,
} from "libpg-query";
import { namePath } from "./scene.ts";
import type { Scene } from "./scene.ts";

/*
 * What hangs on a table: triggers, rules, policies, statistics, comments, publications.
 */

/** CREATE TRIGGER. */
export function createTrigger(statement: CreateTrigStmt, scene: Scene): void {
  for (const one of scene.family(scene.relation(statement.relation), statement.row !== true))
    scene.lock(one, "SHARE ROW EXCLUSIVE");
  if (statement.constrrel !== undefined) scene.lock(scene.relation(statement.constrrel), "ACCESS SHARE");
}

/** CREATE RULE. */
export function createRule(statement: RuleStmt, scene: Scene): void {
  scene.lock(scene.relation(statement.relation), "ACCESS EXCLUSIVE");
}

/** CREATE POLICY and ALTER POLICY. */
export function policy(statement: CreatePolicyStmt | AlterPolicyStmt, scene: Scene): void {
  scene.lock(scene.relation(statement.table), "ACCESS EXCLUSIVE");
}

/** CREATE STATISTICS. */
export function createStatistics(statement: CreateStatsStmt, scene: Scene): void {
  for (const node of statement.relations ?? [])
    if ("RangeVar" in node) scene.lock(scene.relation(node.RangeVar), "SHARE UPDATE EXCLUSIVE");
}

const ON_RELATION = new Set([
  "OBJECT_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_INDEX",
  "OBJECT_SEQUENCE",
  "OBJECT_FOREIGN_TABLE",
]);
const ON_PART = new Set(["OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY"]);

/** COMMENT ON and SECURITY LABEL. */
export function describe(statement: CommentStmt | SecLabelStmt, scene: Scene): void {
  const path =
    statement.object !== undefined && "List" in statement.object ? namePath(statement.object.List.items) : [];
  const type = statement.objtype ?? "";
  if (ON_RELATION.has(type)) scene.lock(scene.relationOf(path), "SHARE UPDATE EXCLUSIVE");
  else if (type === "OBJECT_COLUMN") scene.lock(scene.relationOf(path.slice(0, -1)), "SHARE UPDATE EXCLUSIVE");
  else if (ON_PART.has(type)) scene.lock(scene.relationOf(path.slice(0, -1)), "ACCESS SHARE");
}

/** CREATE PUBLICATION and ALTER PUBLICATION. */
export function publication(statement: CreatePublicationStmt | AlterPublicationStmt, scene: Scene): void {
  for (const node of statement.pubobjects ?? ([] as Node[])) {
    if (!("PublicationObjSpec" in node)) continue;
    const range = node.PublicationObjSpec.pubtable?.relation;
    if (range === undefined) continue;
    for (const one of scene.family(scene.relation(range), range.inh !== true))
      scene.lock(one, "SHARE UPDATE EXCLUSIVE");
  }
}
