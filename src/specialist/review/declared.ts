import type { ColumnDef, Constraint, CreateStmt, Node, RangeVar } from "libpg-query";
import type { ConstraintObject } from "../../model/catalog.ts";
import type { Kind } from "../../model/ref.ts";
import { nodesOf } from "../../sql/walk.ts";

/** An object that a statement makes. `schema` is null where the statement leaves it to the search path. */
export interface Declared {
  readonly kind: Kind;
  readonly schema: string | null;
  readonly table: string | null;
  /** Empty where the server chooses the name; `shape` then tells the object. */
  readonly name: string;
  readonly shape: string | null;
  /** Where in the statement, in bytes; null for its start. */
  readonly at: number | null;
  /** Of `IF NOT EXISTS`: one that is there already stays. */
  readonly ifAbsent: boolean;
}

/** What a constraint or index without a name is told by: its kind and its columns. */
export function shapeOf(type: string, columns: readonly string[]): string {
  return JSON.stringify([type, ...columns.toSorted()]);
}

const CONSTRAINTS: Readonly<Record<string, ConstraintObject["type"]>> = {
  CONSTR_PRIMARY: "primary key",
  CONSTR_UNIQUE: "unique",
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_EXCLUSION: "exclusion",
  CONSTR_NOTNULL: "not null",
};

type Names = Pick<Declared, "schema" | "table" | "name">;

const made = (kind: Kind, names: Names, more: Partial<Declared> = {}): Declared => ({
  kind,
  ...names,
  shape: null,
  at: null,
  ifAbsent: false,
  ...more,
});

const text = (node: Node | undefined): string =>
  node !== undefined && "String" in node ? (node.String.sval ?? "") : "";
const texts = (nodes: readonly Node[] | undefined): string[] => (nodes ?? []).map(text);

const ofRelation = (relation: RangeVar | undefined): Names => ({
  schema: relation?.schemaname ?? null,
  table: null,
  name: relation?.relname ?? "",
});

function ofList(nodes: readonly Node[] | undefined): Names {
  const parts = texts(nodes);
  return { schema: parts.at(-2) ?? null, table: null, name: parts.at(-1) ?? "" };
}

const onTable = (relation: RangeVar | undefined, name: string): Names => ({
  schema: relation?.schemaname ?? null,
  table: relation?.relname ?? "",
  name,
});

// The columns that an expression names.
function columnsIn(node: Node | undefined): string[] {
  if (node === undefined) return [];
  const names = new Set<string>();
  for (const { type, node: inner } of nodesOf(node))
    if (type === "ColumnRef") names.add(texts(inner["fields"] as Node[] | undefined).at(-1) ?? "");
  return [...names];
}

function constraint(of: Constraint, relation: RangeVar | undefined, onColumn: string | null): Declared[] {
  const type = CONSTRAINTS[of.contype ?? ""];
  if (type === undefined) return [];
  const own = onColumn === null ? [] : [onColumn];
  const listed = texts(of.contype === "CONSTR_FOREIGN" ? of.fk_attrs : of.keys);
  const columns = of.contype === "CONSTR_CHECK" ? columnsIn(of.raw_expr) : listed.length > 0 ? listed : own;
  return [
    made("constraint", onTable(relation, of.conname ?? ""), {
      shape: shapeOf(type, columns),
      at: of.location ?? null,
    }),
  ];
}

function column(of: ColumnDef, relation: RangeVar | undefined): Declared[] {
  const name = of.colname ?? "";
  const constraints = (of.constraints ?? []).flatMap((node) =>
    "Constraint" in node ? constraint(node.Constraint, relation, name) : [],
  );
  return [made("column", onTable(relation, name), { at: of.location ?? null }), ...constraints];
}

function part(node: Node | undefined, relation: RangeVar | undefined): Declared[] {
  if (node === undefined) return [];
  if ("ColumnDef" in node) return column(node.ColumnDef, relation);
  return "Constraint" in node ? constraint(node.Constraint, relation, null) : [];
}

function table(of: CreateStmt): Declared[] {
  const ifAbsent = of.if_not_exists === true;
  const parts = (of.tableElts ?? []).flatMap((node) => part(node, of.relation));
  return [made("table", ofRelation(of.relation), { ifAbsent }), ...parts.map((one) => ({ ...one, ifAbsent }))];
}

/** The objects that a statement makes, the first being what it is about. Empty for other statements. */
// tidy: long because it is one line for each kind of statement.
export function declaredBy(node: Node): readonly Declared[] {
  if ("CreateStmt" in node) return table(node.CreateStmt);
  if ("AlterTableStmt" in node) {
    const { relation, cmds } = node.AlterTableStmt;
    return (cmds ?? []).flatMap((command) =>
      "AlterTableCmd" in command && /^AT_Add(?:Column|Constraint)$/.test(command.AlterTableCmd.subtype ?? "")
        ? part(command.AlterTableCmd.def, relation)
        : [],
    );
  }
  if ("IndexStmt" in node) {
    const { relation, idxname, indexParams, if_not_exists } = node.IndexStmt;
    const columns = (indexParams ?? []).flatMap((key) =>
      "IndexElem" in key && key.IndexElem.name !== undefined ? [key.IndexElem.name] : [],
    );
    const shape = shapeOf("index", columns);
    return [made("index", onTable(relation, idxname ?? ""), { shape, ifAbsent: if_not_exists === true })];
  }
  if ("ViewStmt" in node) return [made("view", ofRelation(node.ViewStmt.view))];
  if ("CreateTableAsStmt" in node) {
    const { into, objtype, if_not_exists } = node.CreateTableAsStmt;
    const kind = objtype === "OBJECT_MATVIEW" ? "view" : "table";
    return [made(kind, ofRelation(into?.rel), { ifAbsent: if_not_exists === true })];
  }
  if ("CreateFunctionStmt" in node) {
    const { funcname, parameters } = node.CreateFunctionStmt;
    const inputs = (parameters ?? []).filter(
      (one) => !("FunctionParameter" in one) || !/_(?:OUT|TABLE)$/.test(one.FunctionParameter.mode ?? ""),
    );
    return [made("function", ofList(funcname), { shape: shapeOf("function", [String(inputs.length)]) })];
  }
  if ("CreatePolicyStmt" in node)
    return [made("policy", onTable(node.CreatePolicyStmt.table, node.CreatePolicyStmt.policy_name ?? ""))];
  if ("CreateTrigStmt" in node)
    return [made("trigger", onTable(node.CreateTrigStmt.relation, node.CreateTrigStmt.trigname ?? ""))];
  if ("CreateEnumStmt" in node) return [made("enum", ofList(node.CreateEnumStmt.typeName))];
  if ("CreateRangeStmt" in node) return [made("range", ofList(node.CreateRangeStmt.typeName))];
  if ("CompositeTypeStmt" in node) return [made("composite", ofRelation(node.CompositeTypeStmt.typevar))];
  if ("CreateDomainStmt" in node) return [made("domain", ofList(node.CreateDomainStmt.domainname))];
  if ("CreateSeqStmt" in node) return [made("sequence", ofRelation(node.CreateSeqStmt.sequence))];
  if ("DefineStmt" in node && node.DefineStmt.kind === "OBJECT_AGGREGATE")
    return [made("aggregate", ofList(node.DefineStmt.defnames))];
  const alone = (kind: Kind, name: string | undefined): Declared =>
    made(kind, { schema: null, table: null, name: name ?? "" });
  if ("CreateSchemaStmt" in node) return [{ ...alone("schema", node.CreateSchemaStmt.schemaname), ifAbsent: true }];
  if ("CreateExtensionStmt" in node) return [alone("extension", node.CreateExtensionStmt.extname)];
  if ("CreateRoleStmt" in node) return [alone("role", node.CreateRoleStmt.role)];
  if ("GrantStmt" in node) {
    const { is_grant, targtype, objects } = node.GrantStmt;
    if (is_grant !== true || targtype !== "ACL_TARGET_OBJECT") return [];
    return (objects ?? []).map((object) => {
      if ("RangeVar" in object) return made("grant", ofRelation(object.RangeVar));
      if ("ObjectWithArgs" in object) return made("grant", ofList(object.ObjectWithArgs.objname));
      return made("grant", ofList("List" in object ? object.List.items : [object]));
    });
  }
  return [];
}

/** The schema that a statement puts first on the search path; undefined for other statements, null for none. */
export function searchPathOf(node: Node): string | null | undefined {
  if ("VariableSetStmt" in node && node.VariableSetStmt.name === "search_path") {
    const [first] = node.VariableSetStmt.args ?? [];
    return first !== undefined && "A_Const" in first ? (first.A_Const.sval?.sval ?? null) : null;
  }
  if (!("SelectStmt" in node)) return undefined;
  const [target] = node.SelectStmt.targetList ?? [];
  const call = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (call === undefined || !("FuncCall" in call) || texts(call.FuncCall.funcname).at(-1) !== "set_config")
    return undefined;
  const [name, value] = (call.FuncCall.args ?? []).map((node_) => ("A_Const" in node_ ? node_.A_Const.sval?.sval : ""));
  if (name !== "search_path") return undefined;
  const first = (value ?? "").split(",")[0]?.trim() ?? "";
  return first === "" ? null : first.replaceAll('"', "");
}

/** A new name of a table or of something on it. */
export interface Renamed {
  readonly kind: "table" | "column" | "constraint" | "index";
  readonly schema: string | null;
  readonly table: string | null;
  readonly from: string;
  readonly to: string;
}

/** What a statement renames; null for other statements. */
export function renamedBy(node: Node): Renamed | null {
  if (!("RenameStmt" in node)) return null;
  const { renameType, relation, subname, newname } = node.RenameStmt;
  const schema = relation?.schemaname ?? null;
  const to = newname ?? "";
  if (renameType === "OBJECT_TABLE" || renameType === "OBJECT_INDEX")
    return {
      kind: renameType === "OBJECT_TABLE" ? "table" : "index",
      schema,
      table: null,
      from: relation?.relname ?? "",
      to,
    };
  if (renameType === "OBJECT_COLUMN" || renameType === "OBJECT_TABCONSTRAINT")
    return {
      kind: renameType === "OBJECT_COLUMN" ? "column" : "constraint",
      schema,
      table: relation?.relname ?? "",
      from: subname ?? "",
      to,
    };
  return null;
}
