import type { DropStmt, Node } from "libpg-query";
import { ident } from "../identifier.ts";
import { namePath } from "./scene.ts";
import type { Scene } from "./scene.ts";

const pathOf = (node: Node): string[] => {
  if ("List" in node) return namePath(node.List.items);
  if ("TypeName" in node) return namePath(node.TypeName.names);
  if ("ObjectWithArgs" in node) return namePath(node.ObjectWithArgs.objname);
  return "String" in node ? [node.String.sval ?? ""] : [];
};

type Drop = (path: readonly string[], scene: Scene, statement: DropStmt) => void;

const DROPS: Partial<Record<NonNullable<DropStmt["removeType"]>, Drop>> = {
  OBJECT_TABLE: (path, scene, { behavior }) => dropTable(scene.relationOf(path), behavior === "DROP_CASCADE", scene),
  OBJECT_FOREIGN_TABLE: (path, scene) => scene.lock(scene.relationOf(path), "ACCESS EXCLUSIVE"),
  OBJECT_VIEW: (path, scene) => scene.lock(scene.relationOf(path), "ACCESS EXCLUSIVE"),
  OBJECT_MATVIEW: (path, scene) => scene.lock(scene.relationOf(path), "ACCESS EXCLUSIVE"),
  OBJECT_SEQUENCE: (path, scene) => {
    const sequence = scene.relationOf(path);
    scene.lock(sequence, "ACCESS EXCLUSIVE");
    scene.lose(`the sequence ${sequence} and how far it has come`);
  },
  OBJECT_INDEX: (path, scene, { concurrent }) => {
    const index = scene.relationOf(path);
    // The last of its transactions takes ACCESS EXCLUSIVE on the index, once nobody uses it any more.
    scene.lock(index, concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
    const table = scene.schema.tableOfIndex(index);
    if (table !== undefined) scene.lock(table, concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
  },
  OBJECT_TRIGGER: (path, scene) => scene.lock(scene.relationOf(path.slice(0, -1)), "ACCESS EXCLUSIVE"),
  OBJECT_RULE: (path, scene) => scene.lock(scene.relationOf(path.slice(0, -1)), "ACCESS EXCLUSIVE"),
  OBJECT_POLICY: (path, scene) => scene.lock(scene.relationOf(path.slice(0, -1)), "ACCESS EXCLUSIVE"),
  OBJECT_SCHEMA: (path, scene, { behavior }) => {
    const schema = path[0] ?? "";
    const tables = behavior === "DROP_CASCADE" ? scene.schema.tablesOf(schema) : [];
    for (const table of tables) dropTable(table, true, scene);
    if (behavior === "DROP_CASCADE") scene.lose(`the schema ${ident(schema)} and everything in it`);
  },
  OBJECT_TYPE: (path, scene, statement) => dropType(path, scene, statement),
  OBJECT_DOMAIN: (path, scene, statement) => dropType(path, scene, statement),
  OBJECT_PUBLICATION: () => {},
  OBJECT_STATISTIC_EXT: () => {},
};

/** DROP of anything. */
export function drop(statement: DropStmt, scene: Scene): void {
  const one = DROPS[statement.removeType ?? "OBJECT_TABLE"];
  for (const object of statement.objects ?? []) one?.(pathOf(object), scene, statement);
}

function dropTable(table: string, cascades: boolean, scene: Scene): void {
  for (const one of scene.family(table)) {
    scene.lock(one, "ACCESS EXCLUSIVE");
    const known = scene.table(one);
    // Foreign keys have triggers on both sides, and dropping one closes both tables.
    for (const { references, inherited } of known?.constraints ?? [])
      if (references !== null && !inherited) scene.lock(references, "ACCESS EXCLUSIVE");
    if (cascades) for (const other of scene.schema.referencing(one)) scene.lock(other, "ACCESS EXCLUSIVE");
    if (one === table) {
      for (const parent of known?.parents ?? []) {
        const isPart = scene.table(parent)?.partitioned === true;
        scene.lock(parent, isPart ? "ACCESS EXCLUSIVE" : "ACCESS SHARE");
        const rest = scene.table(parent)?.defaultPartition ?? null;
        if (isPart && rest !== null && rest !== table) scene.lock(rest, "ACCESS EXCLUSIVE");
      }
    }
  }
  scene.lose(`the table ${table} and its rows`);
}

function dropType(path: readonly string[], scene: Scene, { behavior }: DropStmt): void {
  if (behavior !== "DROP_CASCADE") return;
  const type = scene.relationOf(path);
  const users = scene.schema.usersOfType(type);
  for (const table of users) scene.lock(table, "ACCESS EXCLUSIVE");
  scene.lose(`every column of type ${type} and its values`);
}
