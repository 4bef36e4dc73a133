import type { DefElem, Node } from "libpg-query";

/** Whether a statement may run inside a transaction block, by its text alone: PostgreSQL's PreventInTransactionBlock. */
export function mayRunInTransaction(node: Node): boolean {
  if ("IndexStmt" in node) return node.IndexStmt.concurrent !== true;
  if ("DropStmt" in node) return !(node.DropStmt.removeType === "OBJECT_INDEX" && node.DropStmt.concurrent === true);
  if ("ReindexStmt" in node) {
    const { kind, params } = node.ReindexStmt;
    const whole =
      kind === "REINDEX_OBJECT_SCHEMA" || kind === "REINDEX_OBJECT_SYSTEM" || kind === "REINDEX_OBJECT_DATABASE";
    return !whole && !hasOption(params, "concurrently");
  }
  if ("AlterTableStmt" in node) {
    return !(node.AlterTableStmt.cmds ?? []).some((command) => {
      const cmd = "AlterTableCmd" in command ? command.AlterTableCmd : {};
      const def = cmd.subtype === "AT_DetachPartition" ? cmd.def : undefined;
      return def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true;
    });
  }
  if ("VacuumStmt" in node) return node.VacuumStmt.is_vacuumcmd !== true;
  // One table may be clustered inside a transaction, all of them may not.
  if ("ClusterStmt" in node) return node.ClusterStmt.relation !== undefined;
  if ("CreateSubscriptionStmt" in node) return hasOption(node.CreateSubscriptionStmt.options, "connect", "false");
  return !(Object.keys(node)[0] ?? "").match(NEVER);
}

const NEVER =
  /^(?:CreatedbStmt|DropdbStmt|CreateTableSpaceStmt|DropTableSpaceStmt|AlterSystemStmt|DropSubscriptionStmt|AlterDatabaseRefreshCollStmt)$/;

function hasOption(options: readonly Node[] | undefined, name: string, value?: string): boolean {
  return (options ?? []).some((option) => {
    const { defname, arg }: DefElem = "DefElem" in option ? option.DefElem : {};
    if (defname !== name) return false;
    const text =
      arg === undefined
        ? "true"
        : "String" in arg
          ? arg.String.sval
          : "Boolean" in arg
            ? String(arg.Boolean.boolval)
            : "";
    return value === undefined ? !/^(?:false|off|no|0)$/i.test(text ?? "") : text?.toLowerCase() === value;
  });
}
