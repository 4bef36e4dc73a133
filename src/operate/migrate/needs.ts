import type { Node, RangeVar } from "libpg-query";
import { namePath } from "../../sql/effect/scene.ts";
import { nodesOf } from "../../sql/walk.ts";

/** A name as a statement spells it; without a schema, whatever the search path finds. */
export interface SpelledName {
  readonly schema: string | null;
  readonly name: string;
}

/** What a statement needs to be allowed. */
export type Need =
  | { readonly type: "own"; readonly kind: "relation" | "type" | "routine"; readonly on: SpelledName }
  | { readonly type: "own schema" | "be"; readonly on: SpelledName }
  | { readonly type: "create in schema" | "create beside" | "grant"; readonly on: SpelledName }
  | { readonly type: "privilege"; readonly privilege: Privilege; readonly on: SpelledName }
  | { readonly type: "extension"; readonly on: SpelledName }
  | { readonly type: "create in database" | "create roles" | "superuser" | "history" };

/** A privilege on a table. */
export type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE" | "REFERENCES" | "TRIGGER";

const CREATE_IN_DATABASE: Need = { type: "create in database" };

/** Whether a statement changes who is asked from then on. */
export function changesRole(node: Node): boolean {
  if (!("VariableSetStmt" in node)) return false;
  return ["role", "session_authorization"].includes(node.VariableSetStmt.name ?? "");
}

/** Whether it runs code that no statement shows. */
export function runsUnseenCode(node: Node): boolean {
  return "DoStmt" in node || "CallStmt" in node;
}

/** The relation or view that a statement makes, which is whose makes it from then on; null for none. */
export function madeBy(node: Node): SpelledName | null {
  if ("CreateStmt" in node) return nameOf(node.CreateStmt.relation);
  if ("CreateForeignTableStmt" in node) return nameOf(node.CreateForeignTableStmt.base?.relation);
  if ("CreateTableAsStmt" in node) return nameOf(node.CreateTableAsStmt.into?.rel);
  if ("ViewStmt" in node) return nameOf(node.ViewStmt.view);
  if ("CreateSeqStmt" in node) return nameOf(node.CreateSeqStmt.sequence);
  return null;
}

/**
 * What one statement needs, as far as it can be told from its text: ownership, places to create in, and privileges on
 * the tables that it names. What functions and triggers need that it calls is not seen.
 */
export function needsOf(node: Node): readonly Need[] {
  return [...needsOfTables(node), ...needsOfOthers(node), ...needsOfRows(node)];
}

function needsOfTables(node: Node): readonly Need[] {
  if ("CreateStmt" in node) {
    const { relation, tableElts = [], inhRelations = [] } = node.CreateStmt;
    const parents = inhRelations.flatMap((one) => ("RangeVar" in one ? own(one.RangeVar) : []));
    return [...place(relation), ...parents, ...referencesIn(tableElts)];
  }
  if ("CreateForeignTableStmt" in node) return place(node.CreateForeignTableStmt.base?.relation);
  if ("CreateTableAsStmt" in node) return place(node.CreateTableAsStmt.into?.rel);
  if ("ViewStmt" in node)
    return [...place(node.ViewStmt.view), ...(node.ViewStmt.replace === true ? own(node.ViewStmt.view) : [])];
  if ("CreateSeqStmt" in node) return place(node.CreateSeqStmt.sequence);
  if ("AlterTableStmt" in node) {
    const { relation, cmds = [], objtype } = node.AlterTableStmt;
    const type = objtype === "OBJECT_TYPE" ? ownNamed("type", nameOf(relation)) : own(relation);
    return [...type, ...cmds.flatMap((cmd) => needsOfCommand(cmd, relation)), ...referencesIn(cmds)];
  }
  if ("IndexStmt" in node) return [...own(node.IndexStmt.relation), ...beside(node.IndexStmt.relation)];
  if ("RenameStmt" in node) {
    const { relation, renameType } = node.RenameStmt;
    return [...own(relation), ...(renameType === "OBJECT_COLUMN" ? [] : beside(relation))];
  }
  if ("AlterObjectSchemaStmt" in node) {
    const { relation, newschema } = node.AlterObjectSchemaStmt;
    return [...own(relation), { type: "create in schema", on: { schema: newschema ?? null, name: "" } }];
  }
  if ("CreatePolicyStmt" in node) return own(node.CreatePolicyStmt.table);
  if ("AlterPolicyStmt" in node) return own(node.AlterPolicyStmt.table);
  if ("AlterSeqStmt" in node) return own(node.AlterSeqStmt.sequence);
  if ("RefreshMatViewStmt" in node) return own(node.RefreshMatViewStmt.relation);
  if ("ClusterStmt" in node) return own(node.ClusterStmt.relation);
  if ("RuleStmt" in node) return own(node.RuleStmt.relation);
  if ("CreateTrigStmt" in node) return privilege("TRIGGER", node.CreateTrigStmt.relation);
  return [];
}

function needsOfCommand(cmd: Node, relation: RangeVar | undefined): readonly Need[] {
  const { subtype, def, newowner } = "AlterTableCmd" in cmd ? cmd.AlterTableCmd : {};
  if (subtype === "AT_ChangeOwner") return newowner?.rolename === undefined ? [] : [be(newowner.rolename)];
  if (subtype === "AT_AttachPartition" && def !== undefined && "PartitionCmd" in def) return own(def.PartitionCmd.name);
  // A new index is an object of the table's schema.
  const isKey =
    def !== undefined &&
    "Constraint" in def &&
    ["CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION"].includes(def.Constraint.contype ?? "") &&
    def.Constraint.indexname === undefined;
  return isKey ? beside(relation) : [];
}

function needsOfOthers(node: Node): readonly Need[] {
  if ("CreateSchemaStmt" in node) return [CREATE_IN_DATABASE];
  if ("CreateExtensionStmt" in node)
    return [{ type: "extension", on: { schema: null, name: node.CreateExtensionStmt.extname ?? "" } }];
  if ("AlterSystemStmt" in node || "CreateEventTrigStmt" in node) return [{ type: "superuser" }];
  if ("CreatePublicationStmt" in node)
    return node.CreatePublicationStmt.for_all_tables === true ? [{ type: "superuser" }] : [CREATE_IN_DATABASE];
  if ("AlterFunctionStmt" in node) return ownNamed("routine", nameIn(node.AlterFunctionStmt.func?.objname));
  if ("CreateRoleStmt" in node) return [{ type: "create roles" }];
  if ("CreateFunctionStmt" in node) {
    const name = nameIn(node.CreateFunctionStmt.funcname);
    return [...created(name), ...(node.CreateFunctionStmt.replace === true ? ownNamed("routine", name) : [])];
  }
  if ("CompositeTypeStmt" in node) return created(nameOf(node.CompositeTypeStmt.typevar));
  if ("CreateEnumStmt" in node) return created(nameIn(node.CreateEnumStmt.typeName));
  if ("CreateRangeStmt" in node) return created(nameIn(node.CreateRangeStmt.typeName));
  if ("CreateDomainStmt" in node) return created(nameIn(node.CreateDomainStmt.domainname));
  if ("DefineStmt" in node) return created(nameIn(node.DefineStmt.defnames));
  if ("AlterEnumStmt" in node) return ownNamed("type", nameIn(node.AlterEnumStmt.typeName));
  if ("AlterDomainStmt" in node) return ownNamed("type", nameIn(node.AlterDomainStmt.typeName));
  if ("AlterOwnerStmt" in node) {
    const role = node.AlterOwnerStmt.newowner?.rolename;
    return role === undefined ? [] : [be(role)];
  }
  if ("DropStmt" in node) {
    const { objects = [], removeType = "OBJECT_TABLE" } = node.DropStmt;
    return objects.flatMap((object) => needsOfDropped(object, removeType));
  }
  if ("CommentStmt" in node) return needsOfComment(node.CommentStmt);
  if ("GrantStmt" in node && node.GrantStmt.objtype === "OBJECT_TABLE")
    return (node.GrantStmt.objects ?? []).flatMap((object): Need[] => {
      const name = "RangeVar" in object ? nameOf(object.RangeVar) : null;
      return name === null ? [] : [{ type: "grant", on: name }];
    });
  return [];
}

const RELATIONS = new Set([
  "OBJECT_TABLE",
  "OBJECT_INDEX",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_SEQUENCE",
  "OBJECT_FOREIGN_TABLE",
]);
const ROUTINES = new Set(["OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"]);
const OF_TABLES = new Set(["OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"]);

function needsOfDropped(object: Node, kind: string): readonly Need[] {
  if ("TypeName" in object) return ownNamed("type", nameIn(object.TypeName.names));
  if ("ObjectWithArgs" in object)
    return ROUTINES.has(kind) ? ownNamed("routine", nameIn(object.ObjectWithArgs.objname)) : [];
  if ("String" in object)
    return kind === "OBJECT_SCHEMA" ? [{ type: "own schema", on: { schema: object.String.sval ?? "", name: "" } }] : [];
  if (!("List" in object)) return [];
  const { items = [] } = object.List;
  if (RELATIONS.has(kind)) return ownNamed("relation", nameIn(items));
  return OF_TABLES.has(kind) ? ownNamed("relation", nameIn(items.slice(0, -1))) : [];
}

function needsOfComment({
  objtype = "OBJECT_TABLE",
  object,
}: Extract<Node, { CommentStmt: unknown }>["CommentStmt"]): readonly Need[] {
  if (object === undefined) return [];
  if ("List" in object && objtype === "OBJECT_COLUMN")
    return ownNamed("relation", nameIn((object.List.items ?? []).slice(0, -1)));
  return needsOfDropped(object, objtype);
}

const READS: readonly string[] = [
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "CreateTableAsStmt",
];

function needsOfRows(node: Node): readonly Need[] {
  if ("TruncateStmt" in node)
    return (node.TruncateStmt.relations ?? []).flatMap((one) =>
      "RangeVar" in one ? privilege("TRUNCATE", one.RangeVar) : [],
    );
  if (!READS.includes(Object.keys(node)[0] ?? "")) return [];
  const needs: Need[] = [];
  const targets = new Set<unknown>();
  const change = (relation: RangeVar | undefined, ...privileges: readonly Privilege[]): void => {
    targets.add(relation);
    for (const one of privileges) needs.push(...privilege(one, relation));
  };
  if ("InsertStmt" in node) {
    const { relation, onConflictClause: conflict } = node.InsertStmt;
    change(relation, "INSERT", ...(conflict?.action === "ONCONFLICT_UPDATE" ? (["UPDATE"] as const) : []));
  } else if ("UpdateStmt" in node)
    change(
      node.UpdateStmt.relation,
      "UPDATE",
      ...(node.UpdateStmt.whereClause === undefined ? [] : (["SELECT"] as const)),
    );
  else if ("DeleteStmt" in node)
    change(
      node.DeleteStmt.relation,
      "DELETE",
      ...(node.DeleteStmt.whereClause === undefined ? [] : (["SELECT"] as const)),
    );
  else if ("CreateTableAsStmt" in node) targets.add(node.CreateTableAsStmt.into?.rel);
  const visited = [...nodesOf(node)];
  const common = new Set(
    visited.flatMap(({ type, node: one }) => (type === "CommonTableExpr" ? [String(one["ctename"])] : [])),
  );
  for (const { node: one } of visited) {
    const relation = one as RangeVar;
    if (typeof relation.relname !== "string" || targets.has(relation)) continue;
    if (relation.schemaname !== undefined || !common.has(relation.relname))
      needs.push(...privilege("SELECT", relation));
  }
  return needs;
}

// Temporary tables need nothing of this.
function nameOf(relation: RangeVar | undefined): SpelledName | null {
  if (relation?.relname === undefined || relation.relpersistence === "t") return null;
  return { schema: relation.schemaname ?? null, name: relation.relname };
}

function nameIn(names: readonly Node[] | undefined): SpelledName | null {
  const [schema, name] = namePath(names).slice(-2);
  if (schema === undefined) return null;
  return name === undefined ? { schema: null, name: schema } : { schema, name };
}

const own = (relation: RangeVar | undefined): Need[] => ownNamed("relation", nameOf(relation));
const be = (role: string): Need => ({ type: "be", on: { schema: null, name: role } });

function ownNamed(kind: "relation" | "type" | "routine", on: SpelledName | null): Need[] {
  return on === null ? [] : [{ type: "own", kind, on }];
}

function beside(relation: RangeVar | undefined): Need[] {
  const on = nameOf(relation);
  return on === null ? [] : [{ type: "create beside", on }];
}

const place = (relation: RangeVar | undefined): Need[] => created(nameOf(relation));

function created(on: SpelledName | null): Need[] {
  return on === null ? [] : [{ type: "create in schema", on: { schema: on.schema, name: "" } }];
}

function privilege(one: Privilege, relation: RangeVar | undefined): Need[] {
  const on = nameOf(relation);
  return on === null ? [] : [{ type: "privilege", privilege: one, on }];
}

// Foreign keys, in a new table or added to one.
function referencesIn(elements: readonly Node[]): Need[] {
  return elements.flatMap((element): Need[] => {
    const def = "AlterTableCmd" in element ? element.AlterTableCmd.def : element;
    if (def === undefined) return [];
    if ("ColumnDef" in def) return referencesIn(def.ColumnDef.constraints ?? []);
    return "Constraint" in def ? privilege("REFERENCES", def.Constraint.pktable) : [];
  });
}
