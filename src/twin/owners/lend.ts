import type { Node } from "libpg-query";
import type { Session } from "../../engines/postgres/driver.ts";
import { ident, literal } from "../../engines/postgres/print.ts";
import { parseSql } from "../../sql/parse.ts";

/*
 * Whoever gives an object away must be a member of the new owner's role, which must have the right to create such an
 * object where it lies. A superuser is not asked. The twin's account is none: what it owns lends the new owner that
 * right for as long as the one statement takes. The account itself gets no right by that.
 */

/** What an `ALTER … OWNER TO` gives away, as far as rights go. */
interface Gift {
  readonly role: string;
  /** Null where the statement does not say it; "" for what lies in no schema. */
  readonly schema: string | null;
}

const GIVES = /\bowner\s+to\b/i;

/** The session, with `ALTER … OWNER TO` done as a superuser may do it; all else as it is. */
export function lending(session: Session): Session {
  return { ...session, execute: async (sql) => await executeLending(session, sql) };
}

async function executeLending(session: Session, sql: string): Promise<void> {
  const gift = GIVES.test(sql) ? await giftOf(sql) : null;
  const place = gift === null ? null : await placeOf(gift, session);
  if (gift === null || place === null) {
    await session.execute(sql);
    return;
  }
  const role = ident(gift.role);
  await session.execute(`GRANT CREATE ON ${place} TO ${role}`);
  try {
    await session.execute(sql);
  } finally {
    // In a transaction that has failed there is nothing to take back.
    await session.execute(`REVOKE CREATE ON ${place} FROM ${role}`).catch(() => {});
  }
}

// Where the new owner lacks the right to create; null where it has it.
async function placeOf({ role, schema }: Gift, session: Session): Promise<string | null> {
  const there =
    schema === "" ? "pg_catalog.current_database()" : schema === null ? "pg_catalog.current_schema()" : null;
  const name = there ?? literal(schema ?? "");
  const right = schema === "" ? "has_database_privilege" : "has_schema_privilege";
  const { rows } = await session.query<{ name: string; may: boolean }>(
    `select ${name}::pg_catalog.text as name, pg_catalog.${right}(${literal(role)}, ${name}::pg_catalog.text, 'CREATE') as may`,
  );
  const [found] = rows;
  if (found === undefined || found.may) return null;
  return `${schema === "" ? "DATABASE" : "SCHEMA"} ${ident(found.name)}`;
}

async function giftOf(sql: string): Promise<Gift | null> {
  const parsed = await parseSql(sql);
  const node = parsed.ok && parsed.value.length === 1 ? parsed.value[0]?.node : undefined;
  return node === undefined ? null : giftIn(node);
}

/** What a parsed statement gives away, and to whom; null where it gives nothing to a role that it names. */
export function giftIn(node: Node): Gift | null {
  if ("AlterOwnerStmt" in node) {
    const { newowner, object, relation, objectType } = node.AlterOwnerStmt;
    const role = newowner?.roletype === "ROLESPEC_CSTRING" ? (newowner.rolename ?? null) : null;
    if (role === null) return null;
    if (objectType === "OBJECT_SCHEMA" || objectType === "OBJECT_PUBLICATION") return { role, schema: "" };
    if (relation !== undefined) return { role, schema: relation.schemaname ?? null };
    const names = object === undefined ? [] : namesIn(object);
    return { role, schema: names.length > 1 ? (names.at(-2) ?? null) : null };
  }
  if (!("AlterTableStmt" in node)) return null;
  const { relation, cmds = [] } = node.AlterTableStmt;
  for (const one of cmds) {
    if (!("AlterTableCmd" in one) || one.AlterTableCmd.subtype !== "AT_ChangeOwner") continue;
    const { newowner } = one.AlterTableCmd;
    if (newowner?.roletype !== "ROLESPEC_CSTRING" || newowner.rolename === undefined) return null;
    return { role: newowner.rolename, schema: relation?.schemaname ?? null };
  }
  return null;
}

function namesIn(node: Node): string[] {
  if ("String" in node) return [node.String.sval ?? ""];
  if ("List" in node) return (node.List.items ?? []).flatMap(namesIn);
  if ("TypeName" in node) return (node.TypeName.names ?? []).flatMap(namesIn);
  if ("ObjectWithArgs" in node) return (node.ObjectWithArgs.objname ?? []).flatMap(namesIn);
  return [];
}
