import type { Constraint, CreateStmt, CreateTableAsStmt, Node, RangeVar } from "libpg-query";
import { constraintsOf } from "./alter-table-checks.ts";
import { readRelations } from "./rows.ts";
import type { Scene } from "./scene.ts";

const ranges = (nodes: readonly Node[] | undefined): RangeVar[] =>
  (nodes ?? []).flatMap((node) => ("RangeVar" in node ? [node.RangeVar] : []));

/** CREATE TABLE: what is locked is what the new table leans on. */
export function createTable(statement: CreateStmt, scene: Scene): void {
  const isPartition = statement.partbound !== undefined;
  for (const parent of ranges(statement.inhRelations).map((range) => scene.relation(range))) {
    scene.lock(parent, isPartition ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    const rest = scene.table(parent)?.defaultPartition ?? null;
    if (!isPartition) continue;
    // What the parent refers to gets triggers for the new partition.
    for (const { references } of scene.table(parent)?.constraints ?? [])
      if (references !== null) scene.lock(references, "SHARE ROW EXCLUSIVE");
    if (rest === null) continue;
    scene.lock(rest, "ACCESS EXCLUSIVE");
    scene.scan(rest);
  }
  for (const element of statement.tableElts ?? []) {
    if ("ColumnDef" in element) referenced(constraintsOf(element.ColumnDef), scene);
    else if ("Constraint" in element) referenced([element.Constraint], scene);
    else if ("TableLikeClause" in element) scene.lock(scene.relation(element.TableLikeClause.relation), "ACCESS SHARE");
  }
  referenced(
    (statement.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : [])),
    scene,
  );
}

function referenced(constraints: readonly Constraint[], scene: Scene): void {
  for (const { contype, pktable } of constraints)
    if (contype === "CONSTR_FOREIGN")
      for (const one of scene.family(scene.relation(pktable))) scene.lock(one, "SHARE ROW EXCLUSIVE");
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW, SELECT … INTO: reads what the query reads. */
export function createTableAs(statement: CreateTableAsStmt, scene: Scene): void {
  if (statement.query !== undefined) readRelations(statement.query, scene);
}
