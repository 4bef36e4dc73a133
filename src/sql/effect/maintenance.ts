import type { ClusterStmt, CopyStmt, LockStmt, RefreshMatViewStmt, TruncateStmt, VacuumStmt } from "libpg-query";
import { LOCK_MODES } from "../../model/plan.ts";
import { optionIsOn } from "./indexes.ts";
import { readRelations } from "./rows.ts";
import type { Scene } from "./scene.ts";

/** TRUNCATE. */
export function truncate(statement: TruncateStmt, scene: Scene): void {
  const tables = new Set(
    (statement.relations ?? []).flatMap((node) =>
      "RangeVar" in node ? scene.family(scene.relation(node.RangeVar), node.RangeVar.inh !== true) : [],
    ),
  );
  if (statement.behavior === "DROP_CASCADE")
    for (const table of tables) for (const other of scene.schema.referencing(table)) tables.add(other);
  for (const table of tables) scene.lock(table, "ACCESS EXCLUSIVE");
  const named = (statement.relations ?? []).flatMap((node) =>
    "RangeVar" in node ? [scene.relation(node.RangeVar)] : [],
  );
  for (const table of statement.behavior === "DROP_CASCADE" ? tables : named) scene.lose(`all rows of ${table}`);
  if (statement.behavior === "DROP_CASCADE") scene.lose("all rows of the tables that refer to them");
}

/** VACUUM and ANALYZE. */
export function vacuum(statement: VacuumStmt, scene: Scene): void {
  const full = statement.is_vacuumcmd === true && optionIsOn(statement.options, "full");
  for (const node of statement.rels ?? []) {
    const range = "VacuumRelation" in node ? node.VacuumRelation.relation : undefined;
    for (const one of scene.family(scene.relation(range), range?.inh !== true)) {
      scene.lock(one, full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
      if (!full) continue;
      scene.rewrite(one);
      scene.scan(one);
    }
  }
}

/** CLUSTER. */
export function cluster(statement: ClusterStmt, scene: Scene): void {
  if (statement.relation === undefined) return;
  const table = scene.relation(statement.relation);
  for (const one of scene.family(table, scene.table(table)?.partitioned !== true)) {
    scene.lock(one, "ACCESS EXCLUSIVE");
    if (scene.table(one)?.partitioned === true) continue;
    scene.rewrite(one);
    scene.scan(one);
  }
}

/** REFRESH MATERIALIZED VIEW. */
export function refresh(statement: RefreshMatViewStmt, scene: Scene): void {
  const view = scene.relation(statement.relation);
  scene.lock(view, statement.concurrent === true ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  if (statement.concurrent !== true) scene.rewrite(view);
}

/** LOCK TABLE. The grammar numbers the modes from 1, weakest first, as we do. */
export function lockTable(statement: LockStmt, scene: Scene): void {
  const mode = LOCK_MODES[(statement.mode ?? 8) - 1] ?? "ACCESS EXCLUSIVE";
  for (const node of statement.relations ?? [])
    if ("RangeVar" in node)
      for (const one of scene.family(scene.relation(node.RangeVar), node.RangeVar.inh !== true)) scene.lock(one, mode);
}

/** COPY. */
export function copy(statement: CopyStmt, scene: Scene): void {
  if (statement.query !== undefined) readRelations(statement.query, scene);
  if (statement.relation === undefined) return;
  const table = scene.relation(statement.relation);
  scene.lock(table, statement.is_from === true ? "ROW EXCLUSIVE" : "ACCESS SHARE");
  for (const { references } of statement.is_from === true ? (scene.table(table)?.constraints ?? []) : [])
    if (references !== null) scene.lock(references, "ROW SHARE");
}
