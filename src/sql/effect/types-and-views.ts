import type { AlterDomainStmt, AlterSeqStmt, CreateSeqStmt, DefElem, Node, ViewStmt } from "libpg-query";
import { readRelations } from "./rows.ts";
import { namePath } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** CREATE VIEW: reads what its query names; OR REPLACE closes the view that is there. */
export function createView(statement: ViewStmt, scene: Scene): void {
  if (statement.query !== undefined) readRelations(statement.query, scene);
  if (statement.replace === true) scene.lock(scene.relation(statement.view), "ACCESS EXCLUSIVE");
}

/** ALTER DOMAIN. Its new rules are checked in every column of that domain. */
export function alterDomain(statement: AlterDomainStmt, scene: Scene): void {
  const constraint = statement.def !== undefined && "Constraint" in statement.def ? statement.def.Constraint : {};
  const adds = statement.subtype === "C" && constraint.skip_validation !== true;
  if (!adds && statement.subtype !== "O" && statement.subtype !== "V") return;
  // Since 17 VALIDATE CONSTRAINT lets writers through.
  const mode = statement.subtype === "V" && scene.major >= 17 ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  for (const table of scene.schema.usersOfType(scene.relationOf(namePath(statement.typeName)))) {
    scene.lock(table, mode);
    scene.scan(table);
  }
}

const ownedBy = (options: readonly Node[] | undefined): DefElem | undefined =>
  (options ?? [])
    .flatMap((node) => ("DefElem" in node ? [node.DefElem] : []))
    .find(({ defname }) => defname === "owned_by");

function lockOwner(options: readonly Node[] | undefined, scene: Scene): void {
  const owner = ownedBy(options)?.arg;
  const path = owner !== undefined && "List" in owner ? namePath(owner.List.items) : [];
  if (path.length > 1) scene.lock(scene.relationOf(path.slice(0, -1)), "ACCESS SHARE");
}

/** CREATE SEQUENCE. */
export function createSequence(statement: CreateSeqStmt, scene: Scene): void {
  lockOwner(statement.options, scene);
}

/** ALTER SEQUENCE. */
export function alterSequence(statement: AlterSeqStmt, scene: Scene): void {
  scene.lock(scene.relation(statement.sequence), "SHARE ROW EXCLUSIVE");
  lockOwner(statement.options, scene);
}
