import type { DefElem, GrantStmt, Node, RoleSpec, TransactionStmt, VariableSetStmt } from "libpg-query";
import { nodesOf } from "../../sql/walk.ts";
import type { Ignored } from "./report.ts";

/** What is done with one statement of a script. */
export type Decision =
  /** Run it as the database's owner; `roles` must exist first. */
  | { readonly do: "run"; readonly roles: readonly string[] }
  /** A setting: run it, and a server that does not know it is no failure. */
  | { readonly do: "set" }
  | { readonly do: "transaction"; readonly kind: TransactionKind }
  | { readonly do: "ignore"; readonly as: Ignored }
  /** Leave it out and say so. `names`: what it would have made; what needs those is excused. */
  | { readonly do: "skip"; readonly why: string; readonly names: readonly string[] }
  | { readonly do: "extension"; readonly extension: ExtensionRequest }
  | { readonly do: "drop extension"; readonly extensions: readonly string[] }
  | { readonly do: "comment on extension"; readonly extension: string; readonly comment: string | null }
  | { readonly do: "role"; readonly name: string };

/** CREATE EXTENSION, reduced to what is carried over. */
export interface ExtensionRequest {
  readonly name: string;
  readonly schema: string | null;
  readonly cascade: boolean;
}

/** Transaction control that is honoured; see {@link Decision}. */
export type TransactionKind = "begin" | "commit" | "rollback" | "savepoint";

const CLUSTER = "it concerns the whole server, not this database";
const CONNECTS = "it would connect to another server";
const FOREIGN = "foreign data would be read from another server";
const FILES = "it reads or writes files of the server";
const SUPERUSER = "it needs a superuser, which no file is given";

// Kinds of statement that are never run, whatever their text; the parser's own names.
const NEVER: Readonly<Record<string, string>> = {
  CreatedbStmt: CLUSTER,
  DropdbStmt: CLUSTER,
  AlterDatabaseStmt: CLUSTER,
  AlterDatabaseSetStmt: CLUSTER,
  AlterDatabaseRefreshCollStmt: CLUSTER,
  CreateTableSpaceStmt: CLUSTER,
  DropTableSpaceStmt: CLUSTER,
  AlterTableSpaceOptionsStmt: CLUSTER,
  AlterTableMoveAllStmt: CLUSTER,
  AlterSystemStmt: CLUSTER,
  AlterRoleStmt: "attributes of roles are not carried over",
  AlterRoleSetStmt: "settings of roles are not carried over",
  DropRoleStmt: CLUSTER,
  GrantRoleStmt: "memberships of roles are not carried over",
  ReassignOwnedStmt: CLUSTER,
  DropOwnedStmt: CLUSTER,
  CreateSubscriptionStmt: CONNECTS,
  AlterSubscriptionStmt: CONNECTS,
  DropSubscriptionStmt: CONNECTS,
  CreateFdwStmt: FOREIGN,
  AlterFdwStmt: FOREIGN,
  CreateForeignServerStmt: FOREIGN,
  AlterForeignServerStmt: FOREIGN,
  CreateUserMappingStmt: FOREIGN,
  AlterUserMappingStmt: FOREIGN,
  DropUserMappingStmt: FOREIGN,
  CreateForeignTableStmt: FOREIGN,
  ImportForeignSchemaStmt: FOREIGN,
  CreateEventTrigStmt: "event triggers need a superuser",
  AlterEventTrigStmt: "event triggers need a superuser",
  AlterExtensionStmt: "the version at hand stays as it is",
  AlterExtensionContentsStmt: "extensions are not rebuilt",
  LoadStmt: "it loads a library into the server",
  SecLabelStmt: "security labels are not carried over",
};

const MAINTENANCE = new Set([
  "VacuumStmt",
  "ClusterStmt",
  "ReindexStmt",
  "CheckPointStmt",
  "ListenStmt",
  "UnlistenStmt",
  "NotifyStmt",
  "DiscardStmt",
  "LockStmt",
  "ExplainStmt",
  "VariableShowStmt",
  "ConstraintsSetStmt",
]);

const ROWS = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt", "RefreshMatViewStmt"]);

// Objects of these kinds belong to the server, or are never made here.
const NOT_OURS = new Set([
  "OBJECT_DATABASE",
  "OBJECT_TABLESPACE",
  "OBJECT_ROLE",
  "OBJECT_FDW",
  "OBJECT_FOREIGN_SERVER",
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_SUBSCRIPTION",
  "OBJECT_EVENT_TRIGGER",
  "OBJECT_PARAMETER_ACL",
  "OBJECT_LARGEOBJECT",
  "OBJECT_LANGUAGE",
]);

// Settings that are ours to choose: limits, the encoding the file was read in, who runs it, where it lies.
const OUR_SETTINGS = new Set([
  "role",
  "session_authorization",
  "statement_timeout",
  "transaction_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "client_encoding",
  "default_tablespace",
  "temp_tablespaces",
  "session_replication_role",
  "check_function_bodies",
  "client_min_messages",
]);

/** Decides about a parsed statement. `rows`: whether the script's rows are wanted. */
export function decide(node: Node, rows: boolean): Decision {
  const [type = ""] = Object.keys(node);
  const never = NEVER[type];
  if (never !== undefined) return { do: "skip", why: never, names: namesMade(node) };
  if (MAINTENANCE.has(type)) return { do: "ignore", as: "maintenance" };
  if (ROWS.has(type)) return rows ? run(node) : { do: "ignore", as: "rows" };
  return special(node, rows) ?? run(node);
}

function run(node: Node): Decision {
  return { do: "run", roles: rolesIn(node) };
}

function skip(node: Node, why: string): Decision {
  return { do: "skip", why, names: namesMade(node) };
}

// The statements that need a look inside; null for one that is simply run.
function special(node: Node, rows: boolean): Decision | null {
  if ("TransactionStmt" in node) return transaction(node.TransactionStmt);
  if ("VariableSetStmt" in node) return setting(node.VariableSetStmt);
  if ("CreateExtensionStmt" in node) return { do: "extension", extension: extensionRequest(node) };
  if ("CreateRoleStmt" in node) return { do: "role", name: node.CreateRoleStmt.role ?? "" };
  if ("CreatePLangStmt" in node) return skip(node, SUPERUSER);
  if ("SelectStmt" in node) return !rows && onlyRows(node) ? { do: "ignore", as: "rows" } : null;
  if ("CopyStmt" in node) {
    const { filename, is_program, is_from } = node.CopyStmt;
    return filename !== undefined || is_program === true || is_from !== true ? skip(node, FILES) : null;
  }
  if ("AlterOwnerStmt" in node) return { do: "ignore", as: "ownership" };
  if ("AlterTableStmt" in node) {
    const commands = (node.AlterTableStmt.cmds ?? []).map((cmd) =>
      "AlterTableCmd" in cmd ? cmd.AlterTableCmd.subtype : "",
    );
    if (commands.every((subtype) => subtype === "AT_ChangeOwner")) return { do: "ignore", as: "ownership" };
    if (commands.every((subtype) => subtype === "AT_SetTableSpace")) return skip(node, CLUSTER);
    return node.AlterTableStmt.objtype === "OBJECT_FOREIGN_TABLE" ? skip(node, FOREIGN) : null;
  }
  if ("GrantStmt" in node) return grant(node, node.GrantStmt);
  if ("CommentStmt" in node) {
    const { objtype, object, comment } = node.CommentStmt;
    if (objtype === "OBJECT_EXTENSION" && object !== undefined && "String" in object)
      return { do: "comment on extension", extension: object.String.sval ?? "", comment: comment ?? null };
    return NOT_OURS.has(objtype ?? "") ? skip(node, CLUSTER) : null;
  }
  if ("DropStmt" in node) {
    const { removeType, objects = [] } = node.DropStmt;
    if (removeType === "OBJECT_EXTENSION") return { do: "drop extension", extensions: objects.map(lastName) };
    return NOT_OURS.has(removeType ?? "") ? skip(node, CLUSTER) : null;
  }
  if ("CreatePublicationStmt" in node) {
    const { for_all_tables, pubobjects = [] } = node.CreatePublicationStmt;
    const whole = pubobjects.some((one) => /SCHEMA/.test(publicationObject(one)));
    return for_all_tables === true || whole ? skip(node, SUPERUSER) : null;
  }
  return null;
}

function publicationObject(node: Node): string {
  return "PublicationObjSpec" in node ? (node.PublicationObjSpec.pubobjtype ?? "") : "";
}

function grant(node: Node, { objtype }: GrantStmt): Decision | null {
  return NOT_OURS.has(objtype ?? "") ? skip(node, CLUSTER) : null;
}

function transaction({ kind = "TRANS_STMT_BEGIN" }: TransactionStmt): Decision {
  const kinds: Readonly<Record<string, TransactionKind>> = {
    TRANS_STMT_BEGIN: "begin",
    TRANS_STMT_START: "begin",
    TRANS_STMT_COMMIT: "commit",
    TRANS_STMT_ROLLBACK: "rollback",
    TRANS_STMT_SAVEPOINT: "savepoint",
    TRANS_STMT_RELEASE: "savepoint",
    TRANS_STMT_ROLLBACK_TO: "savepoint",
  };
  const known = kinds[kind];
  if (known !== undefined) return { do: "transaction", kind: known };
  return { do: "skip", why: "two-phase commit is not used here", names: [] };
}

function setting({ kind, name = "" }: VariableSetStmt): Decision {
  if (kind === "VAR_RESET_ALL" || OUR_SETTINGS.has(name.toLowerCase())) return { do: "ignore", as: "session settings" };
  return { do: "set" };
}

// SELECT setval(…) and SELECT with INSERT, UPDATE or DELETE in its WITH: these move rows and counters only.
function onlyRows(node: Node): boolean {
  if (!("SelectStmt" in node)) return false;
  const { targetList = [], withClause } = node.SelectStmt;
  const moves = (withClause?.ctes ?? []).some((cte) => {
    const query = "CommonTableExpr" in cte ? cte.CommonTableExpr.ctequery : undefined;
    return query !== undefined && ROWS.has(Object.keys(query)[0] ?? "");
  });
  const counts = targetList.map((target) => {
    const call = "ResTarget" in target ? target.ResTarget.val : undefined;
    return call !== undefined && "FuncCall" in call && call.FuncCall.funcname?.map(lastName).at(-1) === "setval";
  });
  return moves || (counts.length > 0 && counts.every(Boolean));
}

/** What CREATE EXTENSION asks for; the version is left to the server. */
function extensionRequest(node: Extract<Node, { CreateExtensionStmt: unknown }>): ExtensionRequest {
  const { extname = "", options = [] } = node.CreateExtensionStmt;
  const elements = options.flatMap((option): DefElem[] => ("DefElem" in option ? [option.DefElem] : []));
  const schema = elements.find((element) => element.defname === "schema")?.arg;
  return {
    name: extname,
    schema: schema !== undefined && "String" in schema ? (schema.String.sval ?? null) : null,
    cascade: elements.some((element) => element.defname === "cascade"),
  };
}

/** The roles a statement names, PUBLIC and the reserved ones left out. */
export function rolesIn(node: Node): string[] {
  const roles = new Set<string>();
  for (const { node: inner } of nodesOf(node)) {
    const { roletype, rolename } = inner as RoleSpec;
    if (roletype === "ROLESPEC_CSTRING" && rolename !== undefined && !/^(?:pg_|dbwright_)/.test(rolename))
      roles.add(rolename);
  }
  return [...roles];
}

// The last of the names that make up a (qualified) name, in whatever node the grammar holds it.
function lastName(node: Node): string {
  if ("String" in node) return node.String.sval ?? "";
  if ("List" in node) {
    const items = node.List.items ?? [];
    return items.length === 0 ? "" : lastName(items.at(-1) as Node);
  }
  if ("TypeName" in node) return (node.TypeName.names ?? []).map(lastName).at(-1) ?? "";
  return "";
}

/** The bare names of the objects a statement makes: what refers to one of them cannot load without it. */
export function namesMade(node: Node): string[] {
  const [[type, body] = ["", {}]] = Object.entries(node) as [string, Record<string, unknown>][];
  if (type === "AlterTableStmt" && "AlterTableStmt" in node) {
    return (node.AlterTableStmt.cmds ?? []).flatMap((command): string[] => {
      const def = "AlterTableCmd" in command ? command.AlterTableCmd.def : undefined;
      if (def !== undefined && "ColumnDef" in def) return [def.ColumnDef.colname ?? ""];
      return def !== undefined && "Constraint" in def ? [def.Constraint.conname ?? ""] : [];
    });
  }
  if (!/^(?:Create|Define|Index|View|Composite|Alter(?:Enum|Domain))/.test(type)) return [];
  const names: string[] = [];
  const base = body["base"] as { relation?: unknown } | undefined;
  const into = body["into"] as { rel?: unknown } | undefined;
  const typed = type === "ViewStmt" ? body["view"] : type === "CompositeTypeStmt" ? body["typevar"] : null;
  const made = type === "IndexStmt" || type === "CreateTrigStmt" ? null : body["relation"];
  for (const variable of [base?.relation, into?.rel, typed, made, body["sequence"]]) {
    const { relname } = (variable ?? {}) as { relname?: string };
    if (relname !== undefined) names.push(relname);
  }
  for (const key of [
    "funcname",
    "typeName",
    "domainname",
    "defnames",
    "opclassname",
    "opfamilyname",
    "conversion_name",
  ]) {
    const list = body[key];
    if (Array.isArray(list)) names.push((list as Node[]).map(lastName).at(-1) ?? "");
  }
  for (const key of [
    "idxname",
    "servername",
    "schemaname",
    "amname",
    "fdwname",
    "plname",
    "trigname",
    "policy_name",
    "pubname",
  ]) {
    // An index and an operator class name the access method they use, not one they make.
    if (key === "amname" && type !== "CreateAmStmt") continue;
    const name = body[key];
    if (typeof name === "string") names.push(name);
  }
  return names.filter((name) => name !== "");
}
