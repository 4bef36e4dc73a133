import type { IndexStmt, ReindexStmt } from "libpg-query";
import type { Scene } from "./scene.ts";

/** CREATE INDEX. */
export function createIndex(statement: IndexStmt, scene: Scene): void {
  const table = scene.relation(statement.relation);
  const concurrently = statement.concurrent === true;
  const known = scene.table(table);
  const name = statement.idxname;
  if (
    statement.if_not_exists === true &&
    name !== undefined &&
    known?.indexes.some(
      ({ relation }) => relation === scene.relationOf([statement.relation?.schemaname ?? "public", name]),
    ) === true
  ) {
    scene.lock(table, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    return;
  }
  for (const one of scene.family(table, statement.relation?.inh !== true || known?.partitioned !== true)) {
    scene.lock(one, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    if (scene.table(one)?.partitioned !== true) scene.scan(one);
  }
}

/** Whether an option of REINDEX, VACUUM, CLUSTER … is given and not set to off. */
export function optionIsOn(options: ReindexStmt["params"], name: string): boolean {
  const option = (options ?? [])
    .flatMap((node) => ("DefElem" in node ? [node.DefElem] : []))
    .find(({ defname }) => defname === name);
  if (option === undefined) return false;
  const value = option.arg;
  if (value === undefined) return true;
  if ("Boolean" in value) return value.Boolean.boolval === true;
  if ("Integer" in value) return value.Integer.ival !== 0 && value.Integer.ival !== undefined;
  return !("String" in value) || !/^(?:off|false|0)$/i.test(value.String.sval ?? "");
}

/** REINDEX. */
export function reindex(statement: ReindexStmt, scene: Scene): void {
  const concurrently = optionIsOn(statement.params, "concurrently");
  if (statement.relation === undefined) {
    const tables = statement.kind === "REINDEX_OBJECT_SCHEMA" ? scene.schema.tablesOf(statement.name ?? "") : [];
    for (const table of tables) reindexTable(table, concurrently, scene);
    return;
  }
  const named = scene.relation(statement.relation);
  if (statement.kind === "REINDEX_OBJECT_TABLE") {
    for (const one of scene.family(named, scene.table(named)?.partitioned !== true))
      reindexTable(one, concurrently, scene);
    return;
  }
  scene.lock(named, concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
  scene.rewrite(named);
  const table = scene.schema.tableOfIndex(named);
  if (table === undefined) return;
  scene.lock(table, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
  scene.scan(table);
}

function reindexTable(table: string, concurrently: boolean, scene: Scene): void {
  scene.lock(table, concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
  scene.scan(table);
  for (const { relation } of scene.table(table)?.indexes ?? []) {
    scene.lock(relation, concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
    scene.rewrite(relation);
  }
}
