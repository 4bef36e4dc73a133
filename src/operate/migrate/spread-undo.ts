import type { Node, RangeVar } from "libpg-query";
import { namePath } from "../../sql/effect/scene.ts";
import { parseSql } from "../../sql/parse.ts";

/** A step of which something is known: its number, and its statement. */
export interface NumberedStatement {
  readonly number: number;
  readonly sql: string;
}

/** The undoing of each step; or the first statement of which nobody can tell to which step it belongs. */
export type SpreadUndo =
  | { readonly byStep: ReadonlyMap<number, readonly string[]> }
  | { readonly byStep: null; readonly stray: string };

/**
 * Spreads a script that takes the whole of a migration back over its steps: a statement belongs to the step that makes
 * what it drops, drops what it makes, or sets what it sets. So a migration of which only a part ran can be taken back
 * without touching what the other part would have made. A name without a schema counts as one of `public`.
 */
export async function spreadUndo(script: readonly string[], steps: readonly NumberedStatement[]): Promise<SpreadUndo> {
  const owners = new Map<string, number>();
  for (const { number, sql } of steps) for (const key of await touchedBy(sql)) owners.set(key, number);
  const byStep = new Map<number, string[]>();
  for (const sql of script) {
    const keys = await touchedBy(sql);
    const numbers = new Set(keys.map((key) => owners.get(key)));
    const [number] = numbers;
    if (number === undefined || numbers.size > 1) return { byStep: null, stray: sql };
    byStep.set(number, [...(byStep.get(number) ?? []), sql]);
  }
  return { byStep };
}

async function touchedBy(sql: string): Promise<readonly string[]> {
  const parsed = await parseSql(sql);
  const node = parsed.ok ? parsed.value[0]?.node : undefined;
  return node === undefined ? [] : keysOf(node);
}

const full = (path: readonly string[]): string =>
  (path.length === 1 ? ["public", ...path] : path.slice(-2)).map((name) => JSON.stringify(name)).join(".");
const relation = (range: RangeVar | undefined): string => full([range?.schemaname ?? "public", range?.relname ?? ""]);

// What comes and goes as a whole, by the word of the statement that drops it.
const WORDS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_INDEX: "index",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
};
const OF_TABLES: Readonly<Record<string, string>> = {
  OBJECT_TRIGGER: "trigger",
  OBJECT_POLICY: "policy",
  OBJECT_RULE: "rule",
};

function keysOf(node: Node): readonly string[] {
  if ("DropStmt" in node) {
    const { objects = [], removeType = "OBJECT_TABLE" } = node.DropStmt;
    return objects.map((object) => keyOfDropped(object, removeType));
  }
  if ("AlterTableStmt" in node) {
    const table = relation(node.AlterTableStmt.relation);
    return (node.AlterTableStmt.cmds ?? []).map((cmd) => keyOfCommand(cmd, table));
  }
  if ("RenameStmt" in node) {
    const { relation: range, renameType = "", subname, newname = "" } = node.RenameStmt;
    const isPart = subname !== undefined;
    const names = [isPart ? subname : (range?.relname ?? ""), newname].toSorted();
    const within = isPart ? relation(range) : JSON.stringify(range?.schemaname ?? "public");
    return [`rename ${renameType} ${within} ${JSON.stringify(names)}`];
  }
  const made = keyOfMade(node);
  return made === null ? [] : [made];
}

function keyOfDropped(object: Node, kind: string): string {
  const { items = [] } = "List" in object ? object.List : {};
  const path =
    "TypeName" in object
      ? namePath(object.TypeName.names)
      : "ObjectWithArgs" in object
        ? namePath(object.ObjectWithArgs.objname)
        : namePath("List" in object ? items : [object]);
  const part = OF_TABLES[kind];
  if (part !== undefined) return `${part} ${full(path.slice(0, -1))} ${JSON.stringify(path.at(-1))}`;
  const word = WORDS[kind];
  return word === undefined ? `${kind} ${JSON.stringify(path)}` : `${word} ${full(path)}`;
}

function keyOfMade(node: Node): string | null {
  if ("CreateStmt" in node) return `table ${relation(node.CreateStmt.relation)}`;
  if ("CreateForeignTableStmt" in node) return `table ${relation(node.CreateForeignTableStmt.base?.relation)}`;
  if ("CreateTableAsStmt" in node) {
    const word = node.CreateTableAsStmt.objtype === "OBJECT_MATVIEW" ? "view" : "table";
    return `${word} ${relation(node.CreateTableAsStmt.into?.rel)}`;
  }
  if ("ViewStmt" in node) return `view ${relation(node.ViewStmt.view)}`;
  if ("CreateSeqStmt" in node) return `sequence ${relation(node.CreateSeqStmt.sequence)}`;
  if ("IndexStmt" in node) {
    const { idxname, relation: range } = node.IndexStmt;
    return idxname === undefined ? null : `index ${full([range?.schemaname ?? "public", idxname])}`;
  }
  if ("CreateSchemaStmt" in node) return `OBJECT_SCHEMA ${JSON.stringify([node.CreateSchemaStmt.schemaname])}`;
  if ("CreateExtensionStmt" in node) return `OBJECT_EXTENSION ${JSON.stringify([node.CreateExtensionStmt.extname])}`;
  if ("CreateFunctionStmt" in node) return `function ${full(namePath(node.CreateFunctionStmt.funcname))}`;
  if ("CompositeTypeStmt" in node) return `type ${relation(node.CompositeTypeStmt.typevar)}`;
  if ("CreateEnumStmt" in node) return `type ${full(namePath(node.CreateEnumStmt.typeName))}`;
  if ("CreateRangeStmt" in node) return `type ${full(namePath(node.CreateRangeStmt.typeName))}`;
  if ("CreateDomainStmt" in node) return `type ${full(namePath(node.CreateDomainStmt.domainname))}`;
  if ("CreateTrigStmt" in node)
    return `trigger ${relation(node.CreateTrigStmt.relation)} ${JSON.stringify(node.CreateTrigStmt.trigname)}`;
  if ("CreatePolicyStmt" in node)
    return `policy ${relation(node.CreatePolicyStmt.table)} ${JSON.stringify(node.CreatePolicyStmt.policy_name)}`;
  if ("RuleStmt" in node) return `rule ${relation(node.RuleStmt.relation)} ${JSON.stringify(node.RuleStmt.rulename)}`;
  return null;
}

// Subcommands that take back one another, or themselves.
const ASPECTS: Readonly<Record<string, string>> = {
  AT_AddColumn: "column",
  AT_DropColumn: "column",
  AT_AddConstraint: "constraint",
  AT_DropConstraint: "constraint",
  AT_SetNotNull: "not null",
  AT_DropNotNull: "not null",
  AT_ColumnDefault: "default",
  AT_AlterColumnType: "type of",
  AT_AttachPartition: "partition",
  AT_DetachPartition: "partition",
  AT_EnableRowSecurity: "row security",
  AT_DisableRowSecurity: "row security",
  AT_ForceRowSecurity: "forced row security",
  AT_NoForceRowSecurity: "forced row security",
  AT_EnableTrig: "enabled",
  AT_DisableTrig: "enabled",
  AT_SetRelOptions: "options",
  AT_ResetRelOptions: "options",
};

function keyOfCommand(cmd: Node, table: string): string {
  const { subtype = "", name, def } = "AlterTableCmd" in cmd ? cmd.AlterTableCmd : {};
  const own =
    def === undefined
      ? undefined
      : "ColumnDef" in def
        ? def.ColumnDef.colname
        : "Constraint" in def
          ? def.Constraint.conname
          : "PartitionCmd" in def
            ? relation(def.PartitionCmd.name)
            : undefined;
  // What has no name of its own is named by the server, and nobody here knows how.
  return `${ASPECTS[subtype] ?? subtype} ${table} ${JSON.stringify(name ?? own ?? null)}`;
}
