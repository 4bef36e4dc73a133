import type { DeleteStmt, InsertStmt, LockingClause, MergeStmt, Node, RangeVar, UpdateStmt } from "libpg-query";
import { nodesOf } from "../walk.ts";
import type { Scene } from "./scene.ts";

interface Query {
  readonly withClause?: { readonly ctes?: readonly Node[] };
}

/** ACCESS SHARE on each relation a query reads, ROW SHARE on those it locks rows of. */
export function readRelations(query: Node, scene: Scene): void {
  const named = new Set<string>();
  const ranges: RangeVar[] = [];
  const repeated = new Set<RangeVar>();
  let locking = false;
  for (const { type, node } of nodesOf(query)) {
    if (type === "CommonTableExpr") named.add((node as { ctename?: string }).ctename ?? "");
    else if (type === "RangeVar" || (type === "relation" && "relname" in node)) ranges.push(node);
    else if (type === "LockingClause") {
      locking = true;
      // FOR SHARE OF names what stands in FROM, by its alias.
      for (const one of (node as LockingClause).lockedRels ?? []) if ("RangeVar" in one) repeated.add(one.RangeVar);
    } else if (type === "InsertStmt" || type === "UpdateStmt" || type === "DeleteStmt") {
      const target = (node as { relation?: RangeVar }).relation;
      for (const one of targets(target, type === "InsertStmt", scene)) scene.lock(one, "ROW EXCLUSIVE");
    }
  }
  for (const range of ranges) {
    if (repeated.has(range) || (range.schemaname === undefined && named.has(range.relname ?? ""))) continue;
    for (const one of scene.family(scene.relation(range), range.inh !== true))
      scene.lock(one, locking ? "ROW SHARE" : "ACCESS SHARE");
  }
}

// An INSERT goes to the partitions its rows belong to; the others go through all.
function targets(range: RangeVar | undefined, isInsert: boolean, scene: Scene): readonly string[] {
  return scene.family(scene.relation(range), isInsert || range?.inh !== true);
}

function touchesParents(table: string, scene: Scene): void {
  for (const { references } of scene.table(table)?.constraints ?? [])
    if (references !== null) scene.lock(references, "ROW SHARE");
}

/** INSERT. */
export function insert(statement: InsertStmt & Query, scene: Scene): void {
  readRelations({ InsertStmt: statement }, scene);
  touchesParents(scene.relation(statement.relation), scene);
}

/** UPDATE. Without a condition it goes through the whole table, and holds a lock on every row till the end. */
export function update(statement: UpdateStmt & Query, scene: Scene): void {
  readRelations({ UpdateStmt: statement }, scene);
  const table = scene.relation(statement.relation);
  const columns = (statement.targetList ?? []).flatMap((node) =>
    "ResTarget" in node ? [node.ResTarget.name ?? ""] : [],
  );
  for (const { references, columns: own } of scene.table(table)?.constraints ?? [])
    if (references !== null && own.some((column) => columns.includes(column))) scene.lock(references, "ROW SHARE");
  if (statement.whereClause === undefined) for (const one of targets(statement.relation, false, scene)) scene.scan(one);
}

/** DELETE. */
export function remove(statement: DeleteStmt & Query, scene: Scene): void {
  readRelations({ DeleteStmt: statement }, scene);
  const table = scene.relation(statement.relation);
  for (const other of scene.schema.referencing(table)) {
    const keys = scene.table(other)?.constraints.filter(({ references }) => references === table) ?? [];
    const writes = keys.some(({ onDelete }) => onDelete !== "no action" && onDelete !== "restrict");
    scene.lock(other, writes ? "ROW EXCLUSIVE" : "ROW SHARE");
  }
  scene.lose(statement.whereClause === undefined ? `all rows of ${table}` : `rows of ${table}`);
  if (statement.whereClause === undefined) for (const one of targets(statement.relation, false, scene)) scene.scan(one);
}

/** MERGE. */
export function merge(statement: MergeStmt & Query, scene: Scene): void {
  readRelations({ MergeStmt: statement }, scene);
  for (const one of targets(statement.relation, false, scene)) scene.lock(one, "ROW EXCLUSIVE");
  touchesParents(scene.relation(statement.relation), scene);
  const deletes = (statement.mergeWhenClauses ?? []).some(
    (node) => "MergeWhenClause" in node && node.MergeWhenClause.commandType === "CMD_DELETE",
  );
  if (deletes) scene.lose(`rows of ${scene.relation(statement.relation)}`);
}
