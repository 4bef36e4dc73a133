import type { AlterTableCmd, AlterTableStmt, AlterTableType, PartitionCmd } from "libpg-query";
import type { LockMode } from "../../model/plan.ts";
import { addColumn, addConstraint, changeType, setNotNull } from "./alter-table-checks.ts";
import { dropColumn, dropConstraint } from "./alter-table-drops.ts";
import type { Scene } from "./scene.ts";
import type { Subcommand } from "./subcommand.ts";
import { ident } from "../identifier.ts";

/** What a subcommand does besides taking its lock. */
type Doing = (of: Subcommand) => void;

interface Entry {
  readonly mode: LockMode | ((of: Subcommand) => LockMode);
  /** Whether partitions and heirs are locked, too. Default true. */
  readonly recurses?: boolean;
  readonly does?: Doing;
}

const rewriteNamed: Doing = ({ table, scene }) => {
  scene.rewrite(table);
  scene.scan(table);
};

// Storage parameters that change how others read, so that nobody may (reloptions.c).
const LOUD_OPTIONS = new Set([
  "user_catalog_table",
  "security_barrier",
  "security_invoker",
  "check_option",
  "buffering",
]);

function optionsMode({ cmd }: Subcommand): LockMode {
  const list = cmd.def !== undefined && "List" in cmd.def ? (cmd.def.List.items ?? []) : [];
  const loud = list.some((item) => "DefElem" in item && LOUD_OPTIONS.has(item.DefElem.defname ?? ""));
  return loud ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
}

function partitionOf({ cmd }: Subcommand): PartitionCmd {
  return cmd.def !== undefined && "PartitionCmd" in cmd.def ? cmd.def.PartitionCmd : {};
}

// A partition takes over its parent's foreign keys, or takes its own with it; their triggers stand on both sides.
const lockReferenced = (table: string, scene: Scene): void => {
  for (const { references } of scene.table(table)?.constraints ?? [])
    if (references !== null) scene.lock(references, "SHARE ROW EXCLUSIVE");
};

const attach: Doing = (of) => {
  const { scene, table } = of;
  lockReferenced(table, scene);
  const part = scene.relation(partitionOf(of).name);
  scene.lock(part, "ACCESS EXCLUSIVE");
  for (const one of scene.family(part)) scene.scan(one);
  const rest = scene.table(table)?.defaultPartition ?? null;
  if (rest === null) return;
  scene.lock(rest, "ACCESS EXCLUSIVE");
  scene.scan(rest);
};

const detach: Doing = (of) => {
  const { scene, table } = of;
  lockReferenced(table, scene);
  scene.lock(scene.relation(partitionOf(of).name), "ACCESS EXCLUSIVE");
  const rest = scene.table(table)?.defaultPartition ?? null;
  if (rest !== null && partitionOf(of).concurrent !== true) scene.lock(rest, "ACCESS EXCLUSIVE");
};

const inherit: Doing = ({ cmd, scene }) => {
  if (cmd.def !== undefined && "RangeVar" in cmd.def)
    scene.lock(
      scene.relation(cmd.def.RangeVar),
      cmd.subtype === "AT_AddInherit" ? "SHARE UPDATE EXCLUSIVE" : "ACCESS SHARE",
    );
};

const validate: Doing = ({ cmd, family, scene }) => {
  for (const one of family) {
    const constraint = scene.table(one)?.constraints.find(({ name }) => name === cmd.name);
    if (constraint?.validated === true && one === family[0]) return;
    scene.scan(one);
    if (constraint?.references != null) scene.lock(constraint.references, "ROW SHARE");
  }
};

const alterConstraint: Doing = ({ cmd, table, scene }) => {
  const name = cmd.def !== undefined && "ATAlterConstraint" in cmd.def ? cmd.def.ATAlterConstraint.conname : undefined;
  const constraint = scene.table(table)?.constraints.find((one) => one.name === name);
  if (constraint?.references != null) scene.lock(constraint.references, "ACCESS SHARE");
};

const setExpression: Doing = ({ cmd, family, scene }) => {
  scene.lose(`the values that the old expression gave ${family[0] ?? ""}.${ident(cmd.name ?? "")}`);
  for (const one of family) {
    scene.rewrite(one);
    scene.scan(one);
  }
};

const AEL = "ACCESS EXCLUSIVE";
const SUE = "SHARE UPDATE EXCLUSIVE";
const SRE = "SHARE ROW EXCLUSIVE";

/*
 * From AlterTableGetLockLevel of the server's tablecmds.c; the manual's page of ALTER TABLE says the same in words.
 * What is not listed takes ACCESS EXCLUSIVE.
 */
const ENTRIES: Partial<Record<AlterTableType, Entry>> = {
  AT_AddColumn: { mode: AEL, does: addColumn },
  AT_DropColumn: { mode: AEL, does: dropColumn },
  AT_AlterColumnType: { mode: AEL, does: changeType },
  AT_SetNotNull: { mode: AEL, does: setNotNull },
  AT_AddConstraint: {
    mode: ({ cmd }) =>
      cmd.def !== undefined && "Constraint" in cmd.def && cmd.def.Constraint.contype === "CONSTR_FOREIGN" ? SRE : AEL,
    does: addConstraint,
  },
  AT_DropConstraint: { mode: AEL, does: dropConstraint },
  AT_ValidateConstraint: { mode: SUE, does: validate },
  AT_AlterConstraint: { mode: AEL, does: alterConstraint },
  AT_SetStatistics: { mode: SUE },
  AT_SetOptions: { mode: SUE },
  AT_ResetOptions: { mode: SUE },
  AT_SetRelOptions: { mode: optionsMode, recurses: false },
  AT_ResetRelOptions: { mode: optionsMode, recurses: false },
  AT_ReplaceRelOptions: { mode: optionsMode, recurses: false },
  AT_ClusterOn: { mode: SUE, recurses: false },
  AT_DropCluster: { mode: SUE, recurses: false },
  AT_SetLogged: { mode: AEL, recurses: false, does: rewriteNamed },
  AT_SetUnLogged: { mode: AEL, recurses: false, does: rewriteNamed },
  AT_SetTableSpace: { mode: AEL, recurses: false, does: rewriteNamed },
  AT_SetAccessMethod: { mode: AEL, recurses: false, does: rewriteNamed },
  AT_SetExpression: { mode: AEL, does: setExpression },
  AT_AddIdentity: { mode: AEL },
  AT_EnableTrig: { mode: SRE },
  AT_EnableAlwaysTrig: { mode: SRE },
  AT_EnableReplicaTrig: { mode: SRE },
  AT_DisableTrig: { mode: SRE },
  AT_EnableTrigAll: { mode: SRE },
  AT_EnableTrigUser: { mode: SRE },
  AT_DisableTrigAll: { mode: SRE },
  AT_DisableTrigUser: { mode: SRE },
  AT_EnableRule: { mode: AEL, recurses: false },
  AT_DisableRule: { mode: AEL, recurses: false },
  AT_ChangeOwner: { mode: AEL, recurses: false },
  AT_ReplicaIdentity: { mode: AEL, recurses: false },
  AT_EnableRowSecurity: { mode: AEL, recurses: false },
  AT_DisableRowSecurity: { mode: AEL, recurses: false },
  AT_ForceRowSecurity: { mode: AEL, recurses: false },
  AT_NoForceRowSecurity: { mode: AEL, recurses: false },
  AT_AddInherit: { mode: AEL, recurses: false, does: inherit },
  AT_DropInherit: { mode: AEL, recurses: false, does: inherit },
  // Since 12 the partitioned table stays open for reads and writes while a partition comes.
  AT_AttachPartition: { mode: ({ scene }) => (scene.major >= 12 ? SUE : AEL), recurses: false, does: attach },
  AT_DetachPartition: {
    mode: (of) => (partitionOf(of).concurrent === true ? SUE : AEL),
    recurses: false,
    does: detach,
  },
  AT_DetachPartitionFinalize: { mode: SUE, recurses: false, does: detach },
};

/** ALTER TABLE, and ALTER INDEX, VIEW, SEQUENCE, MATERIALIZED VIEW and TYPE where they share its grammar. */
export function alterTable(statement: AlterTableStmt, scene: Scene): void {
  const named = scene.relation(statement.relation);
  const cmds = (statement.cmds ?? []).flatMap((node) => ("AlterTableCmd" in node ? [node.AlterTableCmd] : []));
  if (statement.objtype === "OBJECT_INDEX") return alterIndex(named, cmds, scene);
  if (statement.objtype === "OBJECT_TYPE") return alterComposite(named, scene);
  const family = scene.family(named, statement.relation?.inh !== true);
  for (const cmd of cmds) {
    const entry: Entry = ENTRIES[cmd.subtype ?? "AT_AddColumn"] ?? { mode: AEL };
    const of = { cmd, table: named, family: entry.recurses === false ? [named] : family, scene };
    const mode = typeof entry.mode === "string" ? entry.mode : entry.mode(of);
    for (const one of of.family) scene.lock(one, mode);
    entry.does?.(of);
  }
}

function alterIndex(index: string, cmds: readonly AlterTableCmd[], scene: Scene): void {
  for (const cmd of cmds) {
    if (cmd.subtype === "AT_AttachPartition") {
      const part = scene.relation(cmd.def !== undefined && "PartitionCmd" in cmd.def ? cmd.def.PartitionCmd.name : {});
      scene.lock(index, SUE);
      scene.lock(part, AEL);
      for (const one of [index, part]) {
        const table = scene.schema.tableOfIndex(one);
        if (table !== undefined) scene.lock(table, "ACCESS SHARE");
      }
    } else {
      const quiet = cmd.subtype === "AT_SetRelOptions" || cmd.subtype === "AT_ResetRelOptions";
      const mode = quiet
        ? optionsMode({ cmd, table: index, family: [], scene })
        : cmd.subtype === "AT_SetStatistics"
          ? SUE
          : AEL;
      scene.lock(index, mode);
      if (cmd.subtype === "AT_SetTableSpace") scene.rewrite(index);
    }
  }
}

// Tables made OF the type are altered with it; tables with a column of it refuse what would change their rows.
function alterComposite(type: string, scene: Scene): void {
  for (const table of scene.schema.usersOfType(type)) scene.lock(table, "ACCESS SHARE");
}
