import type { Node } from "libpg-query";
import type { Phase } from "../../model/plan.ts";

const MIGRATING = /^(?:UpdateStmt|InsertStmt|DeleteStmt|MergeStmt|CallStmt)$/;
const CONTRACTING = /^(?:DropStmt|RenameStmt|TruncateStmt|AlterObjectSchemaStmt|DropOwnedStmt)$/;
// What old application code may trip over: a column that is gone, of another type, or that now must be filled.
const CONTRACTING_COMMANDS = new Set(["AT_DropColumn", "AT_AlterColumnType", "AT_SetNotNull"]);

/**
 * The phase of a statement of which its file says nothing: rows are moved in `migrate`; what takes away, renames or
 * narrows is `contract`, since application code written for the schema before may fail after it; the rest is `expand`.
 */
export function phaseOf(node: Node): Phase {
  const [type = ""] = Object.keys(node);
  if (MIGRATING.test(type)) return "migrate";
  if ("DropStmt" in node && HARMLESS.has(node.DropStmt.removeType ?? "")) return "expand";
  if (CONTRACTING.test(type)) return "contract";
  const commands = "AlterTableStmt" in node ? (node.AlterTableStmt.cmds ?? []) : [];
  const narrows = commands.some(
    (command) => "AlterTableCmd" in command && CONTRACTING_COMMANDS.has(command.AlterTableCmd.subtype ?? ""),
  );
  return narrows ? "contract" : "expand";
}

// Application code does not name these.
const HARMLESS = new Set(["OBJECT_INDEX", "OBJECT_TRIGGER", "OBJECT_STATISTIC_EXT", "OBJECT_RULE"]);
