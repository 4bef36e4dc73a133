import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { parseSql } from "../../sql/parse.ts";
import { changesRole, madeBy, needsOf, runsUnseenCode } from "./needs.ts";
import type { Need, SpelledName } from "./needs.ts";

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
  /** Steps that run code which no statement shows (DO, CALL): what that needs was not looked at. */
  readonly unseen: readonly string[];
}

/** A statement that is to be run, and where it stands. */
export interface StatementToRun {
  readonly sql: string;
  readonly where: string;
}

/** Looks for privileges that statements will need and the connected role has not. Objects that are not there yet are passed over. */
export async function lookForPrivileges(
  session: Session,
  statements: readonly StatementToRun[],
  historyExists: boolean,
): Promise<PrivilegeReport> {
  const lookUp = new LookUp(session);
  const seen = new Set<string>();
  const missing: MissingPrivilege[] = [];
  const made: SpelledName[] = [];
  const unseen: string[] = [];
  const look = async (need: Need, where: string): Promise<void> => {
    const key = JSON.stringify(need);
    if (seen.has(key) || ("on" in need && made.some((one) => isSame(one, need.on)))) return;
    seen.add(key);
    for (const lacking of await lookUp.lacking(need))
      if (!missing.some(({ what }) => what === lacking.what)) missing.push({ ...lacking, where });
  };
  if (!historyExists) await look({ type: "history" }, "the history (schema dbwright)");
  for (const { sql, where } of statements) {
    const parsed = await parseSql(sql);
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node === undefined) continue;
    if (changesRole(node)) return { missing, unknownFrom: where, unseen };
    if (runsUnseenCode(node)) unseen.push(where);
    for (const need of needsOf(node)) await look(need, where);
    const own = madeBy(node);
    if (own !== null) made.push(own);
  }
  return { missing, unknownFrom: null, unseen };
}

const isSame = (made: SpelledName, on: SpelledName): boolean =>
  made.name === on.name && (made.schema === on.schema || made.schema === null || on.schema === null);

/** Throws `unavailable` (exit 3) that lists what is missing, with the statements that give it. */
export async function checkPrivileges(session: Session, { missing }: PrivilegeReport): Promise<void> {
  if (missing.length === 0) return;
  const { rows } = await session.query<{ role: string }>("SELECT current_user::pg_catalog.text AS role");
  const role = `role ${rows[0]?.role ?? ""}`;
  throw unavailable({
    what: `${role} is not allowed to run this:\n${missing.map(({ what, where }) => `    ${where}: ${what}`).join("\n")}`,
    where: "the database",
    mend: `as the owner or a superuser:\n${[...new Set(missing.map(({ grant }) => `    ${grant};`))].join("\n")}`,
  });
}

type Lacking = Omit<MissingPrivilege, "where">;

interface Found {
  readonly oid: number;
  readonly owned: boolean;
  readonly owner: string;
  readonly ownedBySuperuser: boolean;
  /** As ALTER names it, with its kind. */
  readonly altered: string;
  /** With its schema, as SQL. */
  readonly name: string;
  readonly schema: string;
  readonly usable: boolean;
  readonly creatable: boolean;
}

// Straight from the catalogs: to look a name up takes the right to use its schema.
const found = (catalog: "class" | "type" | "proc", prefix: string, altered: string): string => `
  SELECT o.oid, pg_catalog.pg_has_role(o.${prefix}owner, 'USAGE') AS owned,
         r.rolname::pg_catalog.text AS owner, r.rolsuper AS "ownedBySuperuser",
         pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(o.${prefix}name) AS name, ${altered} AS altered,
         n.nspname::pg_catalog.text AS schema, pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
         pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS creatable
  FROM pg_catalog.pg_${catalog} o JOIN pg_catalog.pg_namespace n ON n.oid = o.${prefix}namespace
  JOIN pg_catalog.pg_roles r ON r.oid = o.${prefix}owner
  WHERE o.${prefix}name = $2 AND CASE WHEN $1::pg_catalog.text IS NULL
    THEN n.nspname = ANY (pg_catalog.current_schemas(true)) ELSE n.nspname = $1 END
  ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname), owned DESC LIMIT 1`;
const FOUND = {
  relation: found(
    "class",
    "rel",
    `CASE o.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE '
       WHEN 'f' THEN 'FOREIGN TABLE ' WHEN 'i' THEN 'INDEX ' WHEN 'I' THEN 'INDEX ' ELSE 'TABLE ' END || o.oid::pg_catalog.regclass`,
  ),
  type: found("type", "typ", "'TYPE ' || o.oid::pg_catalog.regtype"),
  routine: found("proc", "pro", "'ROUTINE ' || o.oid::pg_catalog.regprocedure"),
} as const;

class LookUp {
  readonly #session: Session;
  #role: string | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What a need lacks; nothing where it is met, or where its object is not there yet. */
  async lacking(need: Need): Promise<readonly Lacking[]> {
    switch (need.type) {
      case "own":
        return await this.#own(need.kind, need.on);
      case "own schema":
        return await this.#ownSchema(need.on.schema ?? "");
      case "be":
        return await this.#be(need.on.name);
      case "create in schema":
        return await this.#createIn(need.on.schema);
      case "create beside": {
        const it = await this.#found("relation", need.on);
        return it === undefined || it.creatable ? [] : await this.#createIn(it.schema);
      }
      case "grant":
        return await this.#grant(need.on);
      case "privilege":
        return await this.#privilege(need.privilege, need.on);
      case "extension":
        return await this.#extension(need.on.name);
      case "history":
        return await this.#createInDatabase("EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'dbwright')");
      case "create in database":
        return await this.#createInDatabase("false");
      case "create roles":
        return await this.#attribute("r.rolcreaterole", "CREATEROLE", "CREATEROLE");
      case "superuser":
        return await this.#attribute("false", "being a superuser", "SUPERUSER");
    }
  }

  async #ask<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row | undefined> {
    return (await this.#session.query<Row>(sql, parameters)).rows[0];
  }

  async #roleName(): Promise<string> {
    this.#role ??=
      (await this.#ask<{ role: string }>("SELECT pg_catalog.quote_ident(current_user) AS role"))?.role ??
      "CURRENT_USER";
    return this.#role;
  }

  async #found(kind: keyof typeof FOUND, { schema, name }: SpelledName): Promise<Found | undefined> {
    return await this.#ask<Found>(FOUND[kind], [schema, name]);
  }

  async #usage({ schema, usable }: Found): Promise<readonly Lacking[]> {
    if (usable) return [];
    const name = ident(schema);
    return [{ what: `USAGE of schema ${name}`, grant: `GRANT USAGE ON SCHEMA ${name} TO ${await this.#roleName()}` }];
  }

  async #own(kind: keyof typeof FOUND, on: SpelledName): Promise<readonly Lacking[]> {
    const it = await this.#found(kind, on);
    if (it === undefined) return [];
    const usage = await this.#usage(it);
    if (it.owned) return usage;
    const role = await this.#roleName();
    // To be a member of a superuser is to be one.
    const grant = it.ownedBySuperuser ? `ALTER ${it.altered} OWNER TO ${role}` : `GRANT ${ident(it.owner)} TO ${role}`;
    return [...usage, { what: `being the owner of ${qualified(on.schema, on.name)}`, grant }];
  }

  async #ownSchema(schema: string): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ owned: boolean; owner: string }>(
      `SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') AS owned, pg_catalog.pg_get_userbyid(nspowner)::pg_catalog.text AS owner
       FROM pg_catalog.pg_namespace WHERE nspname = $1`,
      [schema],
    );
    if (it?.owned !== false) return [];
    const grant = `GRANT ${ident(it.owner)} TO ${await this.#roleName()}`;
    return [{ what: `being the owner of schema ${ident(schema)}`, grant }];
  }

  async #be(name: string): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ member: boolean }>(
      "SELECT pg_catalog.pg_has_role(oid, 'MEMBER') AS member FROM pg_catalog.pg_roles WHERE rolname = $1",
      [name],
    );
    if (it?.member !== false) return [];
    return [
      { what: `being a member of role ${ident(name)}`, grant: `GRANT ${ident(name)} TO ${await this.#roleName()}` },
    ];
  }

  async #createIn(name: string | null): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ allowed: boolean; schema: string }>(
      `SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS allowed, n.nspname::pg_catalog.text AS schema
       FROM pg_catalog.pg_namespace n WHERE n.nspname = coalesce($1::pg_catalog.text, pg_catalog.current_schema())`,
      [name],
    );
    if (it?.allowed !== false) return [];
    const schema = ident(it.schema);
    return [
      { what: `CREATE in schema ${schema}`, grant: `GRANT CREATE ON SCHEMA ${schema} TO ${await this.#roleName()}` },
    ];
  }

  async #createInDatabase(unless: string): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ allowed: boolean; database: string }>(
      `SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') OR ${unless} AS allowed,
         pg_catalog.current_database()::pg_catalog.text AS database`,
    );
    if (it?.allowed !== false) return [];
    const grant = `GRANT CREATE ON DATABASE ${ident(it.database)} TO ${await this.#roleName()}`;
    return [{ what: "CREATE on the database", grant }];
  }

  async #privilege(word: string, on: SpelledName): Promise<readonly Lacking[]> {
    const it = await this.#found("relation", on);
    if (it === undefined) return [];
    const answer = await this.#ask<{ allowed: boolean }>(
      `SELECT pg_catalog.has_table_privilege($1::pg_catalog.oid, $2) OR CASE
         WHEN $2 IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
         THEN pg_catalog.has_any_column_privilege($1::pg_catalog.oid, $2) ELSE false END AS allowed`,
      [it.oid, word],
    );
    const usage = await this.#usage(it);
    if (answer?.allowed !== false) return usage;
    const grant = `GRANT ${word} ON ${it.name} TO ${await this.#roleName()}`;
    return [...usage, { what: `${word} on ${qualified(on.schema, on.name)}`, grant }];
  }

  // Who may pass on one privilege may run GRANT: what is not theirs to give is then a warning.
  async #grant(on: SpelledName): Promise<readonly Lacking[]> {
    const it = await this.#found("relation", on);
    if (it === undefined || it.owned) return [];
    const answer = await this.#ask<{ allowed: boolean }>(
      `SELECT pg_catalog.has_table_privilege($1::pg_catalog.oid, pg_catalog.string_agg(word || ' WITH GRANT OPTION', ', ')) AS allowed
       FROM pg_catalog.unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::pg_catalog.text[]) AS word`,
      [it.oid],
    );
    return answer?.allowed === true ? [] : await this.#own("relation", on);
  }

  async #extension(name: string): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ superuser: boolean; trusted: boolean; there: boolean; we: boolean }>(
      `SELECT v.superuser, v.trusted,
         EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = v.name) AS there,
         (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS we
       FROM pg_catalog.pg_available_extensions a JOIN pg_catalog.pg_available_extension_versions v
         ON v.name = a.name AND v.version = a.default_version WHERE a.name = $1`,
      [name],
    );
    if (it === undefined || it.there || it.we) return [];
    if (!it.superuser || it.trusted) return await this.#createInDatabase("false");
    return [
      { what: `being a superuser, to create extension ${ident(name)}`, grant: `CREATE EXTENSION ${ident(name)}` },
    ];
  }

  async #attribute(held: string, what: string, attribute: string): Promise<readonly Lacking[]> {
    const it = await this.#ask<{ allowed: boolean }>(
      `SELECT r.rolsuper OR ${held} AS allowed FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
    );
    return it?.allowed === false ? [{ what, grant: `ALTER ROLE ${await this.#roleName()} ${attribute}` }] : [];
  }
}
