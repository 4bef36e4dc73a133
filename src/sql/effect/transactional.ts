import type { Node } from "libpg-query";
import { optionIsOn } from "./indexes.ts";

/** Why a statement may not run inside a transaction, as the statement's own words; null where it may. */
export function aloneBecause(node: Node, major: number): string | null {
  if ("IndexStmt" in node) return node.IndexStmt.concurrent === true ? "CREATE INDEX CONCURRENTLY" : null;
  if ("DropStmt" in node) return node.DropStmt.concurrent === true ? "DROP INDEX CONCURRENTLY" : null;
  if ("ReindexStmt" in node) {
    const { kind, params } = node.ReindexStmt;
    if (optionIsOn(params, "concurrently")) return "REINDEX CONCURRENTLY";
    return kind === "REINDEX_OBJECT_INDEX" || kind === "REINDEX_OBJECT_TABLE"
      ? null
      : "REINDEX of a whole schema or database";
  }
  if ("VacuumStmt" in node) return node.VacuumStmt.is_vacuumcmd === true ? "VACUUM" : null;
  if ("ClusterStmt" in node) return node.ClusterStmt.relation === undefined ? "CLUSTER of all tables" : null;
  if ("AlterTableStmt" in node) return detaches(node.AlterTableStmt.cmds) ? "DETACH PARTITION … CONCURRENTLY" : null;
  if ("AlterEnumStmt" in node) {
    const adds = node.AlterEnumStmt.oldVal === undefined;
    return adds && major < 12 ? "ALTER TYPE … ADD VALUE" : null;
  }
  if ("CreatedbStmt" in node) return "CREATE DATABASE";
  if ("DropdbStmt" in node) return "DROP DATABASE";
  if ("CreateTableSpaceStmt" in node) return "CREATE TABLESPACE";
  if ("DropTableSpaceStmt" in node) return "DROP TABLESPACE";
  if ("AlterSystemStmt" in node) return "ALTER SYSTEM";
  if ("DropSubscriptionStmt" in node) return "DROP SUBSCRIPTION";
  return "CreateSubscriptionStmt" in node && connects(node.CreateSubscriptionStmt.options)
    ? "CREATE SUBSCRIPTION"
    : null;
}

function detaches(cmds: readonly Node[] | undefined): boolean {
  return (cmds ?? []).some((cmd) => {
    const def = "AlterTableCmd" in cmd ? cmd.AlterTableCmd.def : undefined;
    return def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true;
  });
}

// Without a connection no slot is made on the other server, and the statement may be taken back.
function connects(options: readonly Node[] | undefined): boolean {
  const off = (name: string): boolean =>
    (options ?? []).some((node) => "DefElem" in node && node.DefElem.defname === name) &&
    !optionIsOn([...(options ?? [])], name);
  return !off("connect") && !off("create_slot");
}
