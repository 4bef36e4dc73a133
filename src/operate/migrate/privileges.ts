import type { Node, RangeVar } from "libpg-query";
import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { parseSql } from "../../sql/parse.ts";

/** What a step needs to be allowed, and where it needs it. */
interface Need {
  readonly type:
    | "own"
    | "create in schema"
    | "create in database"
    | "select"
    | "insert"
    | "update"
    | "delete"
    | "truncate"
    | "references"
    | "trigger";
  /** The relation or schema as SQL. */
  readonly on: string;
  readonly where: string;
}

/** A privilege that is missing, with the statement that gives it. */
export interface MissingPrivilege {
  readonly what: string;
  readonly where: string;
  readonly grant: string;
}

/** What was found out before the first statement. */
export interface PrivilegeReport {
  readonly missing: readonly MissingPrivilege[];
  /** The first step from which on the role changes, so that nothing is known; null: all were looked at. */
  readonly unknownFrom: string | null;
}

/** Looks for privileges that the steps will need and the connected role has not. Objects that are not there yet are passed over. */
export async function lookForPrivileges(
  session: Session,
  migrations: readonly Migration[],
  historyExists: boolean,
): Promise<PrivilegeReport> {
  const needs: Need[] = historyExists
    ? []
    : [{ type: "create in database", on: "", where: "the history (schema dbwright)" }];
  let unknownFrom: string | null = null;
  for (const { file, steps } of migrations) {
    for (const { sql, line } of steps) {
      const parsed = await parseSql(sql);
      const node = parsed.ok ? parsed.value[0]?.node : undefined;
      const where = `${file}:${line}`;
      if (node !== undefined && changesRole(node)) unknownFrom ??= where;
      if (node !== undefined && unknownFrom === null) needs.push(...needsOf(node, where));
    }
  }
  const missing: MissingPrivilege[] = [];
  const seen = new Set<string>();
  for (const need of needs) {
    const key = `${need.type} ${need.on}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const lacking = await lookUp(session, need);
    if (lacking !== null) missing.push(lacking);
  }
  return { missing, unknownFrom };
}

/** Throws `unavailable` (exit 3) that lists what is missing, with the statements that give it. */
export function checkPrivileges({ missing }: PrivilegeReport, role: string): void {
  if (missing.length === 0) return;
  throw unavailable({
    what: `${role} is not allowed to run this:\n${missing.map(({ what, where }) => `    ${where}: ${what}`).join("\n")}`,
    where: "the database",
    mend: `as the owner or a superuser:\n${missing.map(({ grant }) => `    ${grant};`).join("\n")}`,
  });
}

function changesRole(node: Node): boolean {
  if (!("VariableSetStmt" in node)) return false;
  return ["role", "session_authorization"].includes(node.VariableSetStmt.name ?? "");
}

// Temporary tables need nothing of this.
function nameOf(relation: RangeVar | undefined): string | null {
  if (relation?.relname === undefined || relation.relpersistence === "t") return null;
  return qualified(relation.schemaname ?? null, relation.relname);
}

function needsOf(node: Node, where: string): Need[] {
  const on = (type: Need["type"], relation: RangeVar | undefined): Need[] => {
    const name = nameOf(relation);
    return name === null ? [] : [{ type, on: name, where }];
  };
  if ("CreateStmt" in node)
    return [...inSchema(node.CreateStmt.relation, where), ...referencesIn(node.CreateStmt.tableElts ?? [], where)];
  if ("CreateTableAsStmt" in node) return inSchema(node.CreateTableAsStmt.into?.rel, where);
  if ("ViewStmt" in node) return inSchema(node.ViewStmt.view, where);
  if ("CreateSeqStmt" in node) return inSchema(node.CreateSeqStmt.sequence, where);
  if ("CreateSchemaStmt" in node || "CreateExtensionStmt" in node)
    return [{ type: "create in database", on: "", where }];
  if ("AlterTableStmt" in node)
    return [...on("own", node.AlterTableStmt.relation), ...referencesIn(node.AlterTableStmt.cmds ?? [], where)];
  if ("IndexStmt" in node) return on("own", node.IndexStmt.relation);
  if ("RenameStmt" in node) return on("own", node.RenameStmt.relation);
  if ("CreatePolicyStmt" in node) return on("own", node.CreatePolicyStmt.table);
  if ("AlterPolicyStmt" in node) return on("own", node.AlterPolicyStmt.table);
  if ("CreateTrigStmt" in node) return on("trigger", node.CreateTrigStmt.relation);
  if ("UpdateStmt" in node) return on("update", node.UpdateStmt.relation);
  if ("InsertStmt" in node) return on("insert", node.InsertStmt.relation);
  if ("DeleteStmt" in node) return on("delete", node.DeleteStmt.relation);
  if ("TruncateStmt" in node) {
    return (node.TruncateStmt.relations ?? []).flatMap((one) =>
      "RangeVar" in one ? on("truncate", one.RangeVar) : [],
    );
  }
  if ("DropStmt" in node && RELATIONS.has(node.DropStmt.removeType ?? "")) {
    return (node.DropStmt.objects ?? []).flatMap((object): Need[] => {
      const names =
        "List" in object
          ? (object.List.items ?? []).flatMap((item) => ("String" in item ? [item.String.sval ?? ""] : []))
          : [];
      return [{ type: "own", on: names.map(ident).join("."), where }];
    });
  }
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

function inSchema(relation: RangeVar | undefined, where: string): Need[] {
  if (relation === undefined || relation.relpersistence === "t") return [];
  return [{ type: "create in schema", on: relation.schemaname ?? "", where }];
}

// Foreign keys, in a new table or added to one.
function referencesIn(elements: readonly Node[], where: string): Need[] {
  return elements.flatMap((element): Need[] => {
    const def = "AlterTableCmd" in element ? element.AlterTableCmd.def : element;
    if (def === undefined) return [];
    if ("ColumnDef" in def) return referencesIn(def.ColumnDef.constraints ?? [], where);
    const name = "Constraint" in def ? nameOf(def.Constraint.pktable) : null;
    return name === null ? [] : [{ type: "references", on: name, where }];
  });
}

async function lookUp(session: Session, { type, on, where }: Need): Promise<MissingPrivilege | null> {
  const role = await roleOf(session);
  const ask = async (
    sql: string,
    parameters: readonly unknown[],
  ): Promise<{ allowed: boolean | null; owner?: string } | undefined> =>
    (await session.query<{ allowed: boolean | null; owner?: string }>(sql, parameters)).rows[0];
  if (type === "create in database") {
    const answer = await ask(
      "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS allowed, pg_catalog.current_database()::pg_catalog.text AS owner",
      [],
    );
    if (answer?.allowed !== false) return null;
    return {
      what: "CREATE on the database",
      where,
      grant: `GRANT CREATE ON DATABASE ${ident(answer.owner ?? "")} TO ${role}`,
    };
  }
  if (type === "create in schema") {
    const answer = await ask(
      `SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS allowed, n.nspname::pg_catalog.text AS owner
       FROM pg_catalog.pg_namespace n WHERE n.nspname = coalesce(nullif($1::pg_catalog.text, ''), pg_catalog.current_schema())`,
      [on],
    );
    if (answer?.allowed !== false) return null;
    const schema = ident(answer.owner ?? on);
    return { what: `CREATE in schema ${schema}`, where, grant: `GRANT CREATE ON SCHEMA ${schema} TO ${role}` };
  }
  if (type === "own") {
    const answer = await ask(
      `SELECT pg_catalog.pg_has_role(relowner, 'USAGE') AS allowed, pg_catalog.pg_get_userbyid(relowner)::pg_catalog.text AS owner
       FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)`,
      [on],
    );
    if (answer?.allowed !== false) return null;
    return { what: `being the owner of ${on}`, where, grant: `GRANT ${ident(answer.owner ?? "")} TO ${role}` };
  }
  const word = type.toUpperCase();
  const answer = await ask(
    `SELECT pg_catalog.has_table_privilege(oid, $2) OR CASE WHEN $2 IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
       THEN pg_catalog.has_any_column_privilege(oid, $2) ELSE false END AS allowed
     FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)`,
    [on, word],
  );
  return answer?.allowed === false
    ? { what: `${word} on ${on}`, where, grant: `GRANT ${word} ON ${on} TO ${role}` }
    : null;
}

async function roleOf(session: Session): Promise<string> {
  const { rows } = await session.query<{ role: string }>("SELECT pg_catalog.quote_ident(current_user) AS role");
  return rows[0]?.role ?? "CURRENT_USER";
}
