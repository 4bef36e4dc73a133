import type { Session } from "../../engines/postgres/driver.ts";
import type { ProofStep } from "../../model/proof.ts";
import { tenantSql } from "./application.ts";
import type { ApplicationSession } from "./login.ts";
import { decisionOn, notRun, observe } from "./step.ts";
import { attempt, twoTenants } from "./tenants.ts";
import type { IsolationTrial, TenantTable } from "./tenants.ts";

const decision = (trial: IsolationTrial): string | null => decisionOn(trial.design, ["tenancy", "security"]);

// The design's roles beside the application's: operators that may see all tenants.
function otherRoles(trial: IsolationTrial): string[] {
  const { design } = trial;
  return design.catalog.objects.flatMap((object) =>
    object.kind === "role" && object.name !== design.applicationRole ? [object.name] : [],
  );
}

/** Becoming somebody else: the application's role must not be able to become an owner or a superuser. */
export async function roleEscapes(
  trial: IsolationTrial,
  tables: readonly TenantTable[],
  application: ApplicationSession,
): Promise<ProofStep[]> {
  const [first] = tables;
  if (first === undefined) return [];
  const claim = {
    id: "isolation/become-owner",
    claim: "The application cannot become a role that row security does not bind",
    decision: decision(trial),
  };
  const step = await observe(claim, async () => {
    if (application.by !== "login")
      return notRun("the server is not dbwright's own, so the application's role could not be given a login");
    const { session } = application;
    const roles = await session.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE rolname <> current_user AND (rolsuper OR rolbypassrls OR rolname = ANY ($2::text[]) OR oid IN (SELECT relowner FROM pg_class WHERE oid = $1::regclass)) ORDER BY 1`,
      [trial.dialect.qualified(first.schema, first.table), otherRoles(trial)],
    );
    const tried: string[] = [];
    for (const { name } of roles.rows) {
      for (const sql of [
        `SET ROLE ${trial.dialect.ident(name)}`,
        `SET SESSION AUTHORIZATION ${trial.dialect.ident(name)}`,
      ]) {
        const seen = await attempt(session, [], sql);
        tried.push(sql);
        if (seen.code === null)
          return { verdict: "refuted", standing: "proved", observed: `${sql} was accepted`, sql: [sql] };
      }
    }
    const own = await session.query<{ unbound: boolean }>(
      "SELECT rolsuper OR rolbypassrls OR rolcreaterole AS unbound FROM pg_roles WHERE rolname = current_user",
    );
    const unbound = own.rows[0]?.unbound === true;
    return {
      verdict: unbound ? "refuted" : "proved",
      standing: "proved",
      observed: unbound
        ? "the role itself is a superuser, bypasses row security or may create roles"
        : `${tried.length} attempts refused; the role is no superuser, does not bypass row security and creates no roles`,
      // The owner's name is one of this twin, and says nothing elsewhere.
      sql: ["SET ROLE <owner>", "SET SESSION AUTHORIZATION <owner>"],
      figures: { attempts: tried.length },
    };
  });
  return [step];
}

/** Row security is forced: it binds the owner of the tables too. */
export async function ownerIsBound(
  trial: IsolationTrial,
  tables: readonly TenantTable[],
  admin: Session,
): Promise<ProofStep[]> {
  const owner = await trial.database.connect("owner");
  const leave = await leaveRoles(trial, owner, admin);
  try {
    const steps: ProofStep[] = [];
    for (const target of tables) {
      const tenants = await twoTenants(admin, trial.dialect, target);
      const claim = {
        id: `isolation/owner-is-bound/${target.table}`,
        claim: `Row security binds the owner of ${target.table} too`,
        decision: decision(trial),
      };
      steps.push(
        await observe(claim, async () => {
          if (tenants === null) return notRun(`${target.table} does not hold rows of two tenants`);
          const bypass = await owner.query<{ unbound: boolean }>(
            "SELECT rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user",
          );
          if (bypass.rows[0]?.unbound === true)
            return notRun("on this server the owner is a superuser or bypasses row security");
          const sql = `SELECT count(*) AS n FROM ${trial.dialect.qualified(target.schema, target.table)}`;
          const seen = await attempt(owner, [tenantSql(trial.design, trial.dialect, tenants.own)], sql);
          const bound = seen.code !== null || seen.counted === tenants.own_rows;
          return {
            verdict: bound ? "proved" : "refuted",
            standing: "proved",
            observed: `the owner read ${seen.counted ?? 0} rows; the tenant has ${tenants.own_rows}, the largest other ${tenants.other_rows}`,
            sql: ["BEGIN", tenantSql(trial.design, trial.dialect, tenants.own), sql, "ROLLBACK"],
            figures: { rows: seen.counted ?? 0, own_rows: tenants.own_rows },
          };
        }),
      );
    }
    return steps;
  } finally {
    await leave();
    await owner.close();
  }
}

// The twin makes its owner a member of every role; what a policy grants an operator would count for the
// owner too. On our own server the membership is suspended meanwhile.
async function leaveRoles(trial: IsolationTrial, owner: Session, admin: Session): Promise<() => Promise<void>> {
  if (trial.server.dataDir === null) return () => Promise.resolve();
  const { dialect, database } = trial;
  const name = (await owner.query<{ name: string }>("SELECT current_user AS name")).rows[0]?.name ?? "";
  const roles = otherRoles(trial);
  for (const role of roles) await admin.execute(`REVOKE ${dialect.ident(role)} FROM ${dialect.ident(name)}`);
  return async () => {
    for (const role of roles) await database.ensureRole(role);
  };
}
