import type { AlterObjectSchemaStmt, RenameStmt } from "libpg-query";
import { namePath } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** ALTER … RENAME. */
export function rename(statement: RenameStmt, scene: Scene): void {
  if (statement.relation === undefined) return;
  const named = scene.relation(statement.relation);
  switch (statement.renameType) {
    case "OBJECT_INDEX":
      scene.lock(named, scene.major >= 12 ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
      return;
    case "OBJECT_COLUMN":
    case "OBJECT_ATTRIBUTE":
      if (statement.relationType === "OBJECT_TYPE") return;
      for (const one of scene.family(named, statement.relation.inh !== true)) scene.lock(one, "ACCESS EXCLUSIVE");
      return;
    case "OBJECT_TABCONSTRAINT":
      for (const one of scene.family(named, statement.relation.inh !== true)) scene.lock(one, "ACCESS EXCLUSIVE");
      return;
    default:
      scene.lock(named, "ACCESS EXCLUSIVE");
  }
}

/** ALTER … SET SCHEMA. */
export function setSchema(statement: AlterObjectSchemaStmt, scene: Scene): void {
  if (statement.relation !== undefined) scene.lock(scene.relation(statement.relation), "ACCESS EXCLUSIVE");
  else if (statement.objectType === "OBJECT_TYPE" && statement.object !== undefined && "List" in statement.object)
    for (const table of scene.schema.usersOfType(scene.relationOf(namePath(statement.object.List.items))))
      scene.lock(table, "ACCESS SHARE");
}
