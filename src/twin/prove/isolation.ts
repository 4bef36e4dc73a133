import type { Session } from "../../engines/postgres/driver.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { ProofStep } from "../../model/proof.ts";
import { ref, refKey } from "../../model/ref.ts";
import { tenantSql } from "./application.ts";
import { DENIED, attacksOn } from "./attacks.ts";
import type { Attack, Tenants } from "./attacks.ts";
import { connectAsApplication } from "./login.ts";
import type { ApplicationSession } from "./login.ts";
import { roleEscapes, ownerIsBound } from "./isolation-roles.ts";
import { functionLeaks, viewLeaks } from "./isolation-through.ts";
import { tenantColumn } from "./samples.ts";
import { decisionFor, decisionOn, notRun, observe } from "./step.ts";
import { attempt, tenantTables, twoTenants } from "./tenants.ts";
import type { IsolationTrial, Seen, TenantTable } from "./tenants.ts";
import type { Observation } from "./step.ts";

/**
 * Attacks tenant isolation as the application's role: reads, writes, moves and references across tenants,
 * forgotten and broken settings, and ways around row security. What each attack may see is counted by a
 * superuser first: a table without rows of two tenants is not attacked, and said so.
 */
export async function proveIsolation(trial: IsolationTrial): Promise<readonly ProofStep[]> {
  const { design } = trial;
  if (design.tenancy === null) return [];
  const rest = { id: "isolation", claim: "Tenants do not see each other", decision: decisionOn(design, ["tenancy"]) };
  if (design.tenancy.model !== "shared-schema") {
    const why = `tenants are kept apart by ${design.tenancy.model}: there is no shared table to attack`;
    return [await observe(rest, async () => notRun(why))];
  }
  const view = viewOf(trial.catalog);
  const tables = tenantTables(design, view);
  const task = trial.progress.start("Attacking tenant isolation", tables.length);
  const admin = await trial.database.connect("admin");
  const application = await connectAsApplication(trial.server, trial.database, design, trial.dialect, trial.signal);
  try {
    const steps: ProofStep[] = [];
    for (const [index, table] of tables.entries()) {
      trial.signal.throwIfAborted();
      steps.push(...(await attackTable(trial, view, table, admin, application)));
      task.update(index + 1, table.table);
    }
    steps.push(...(await roleEscapes(trial, tables, application)));
    steps.push(...(await ownerIsBound(trial, tables, admin)));
    steps.push(...(await viewLeaks(trial, view, { application, admin })));
    steps.push(...(await functionLeaks(trial, view, application)));
    task.done(`${steps.length} attacks, ${steps.filter((step) => step.verdict === "refuted").length} got through`);
    return steps;
  } finally {
    await application.close();
    await admin.close();
  }
}

async function attackTable(
  trial: IsolationTrial,
  view: CatalogView,
  target: TenantTable,
  admin: Session,
  application: ApplicationSession,
): Promise<ProofStep[]> {
  const { design, dialect, generated } = trial;
  const tenants = await twoTenants(admin, dialect, target);
  if (tenants === null) {
    const claim = {
      id: `isolation/${target.table}`,
      claim: `Tenants do not see each other in ${target.table}`,
      decision: null,
    };
    return [await observe(claim, async () => notRun(`${target.table} does not hold rows of two tenants`))];
  }
  const foreign = new Map<string, Record<string, string | null> | null>();
  for (const constraint of view.table(target.schema, target.table)?.constraints ?? []) {
    if (constraint.references === null) continue;
    const { schema, table } = constraint.references;
    foreign.set(`${schema}.${table}`, await rowOf(admin, trial, schema, table, tenants.other));
  }
  const spare = generated.find((own) => own.table === target.table && own.schema === target.schema)?.spare ?? [];
  const attacks = attacksOn({
    ...target,
    design,
    view,
    dialect,
    tenants,
    spare,
    foreign: (schema, table) => foreign.get(`${schema}.${table}`) ?? null,
  });
  const decision =
    decisionFor(
      design,
      [
        ...(view.table(target.schema, target.table)?.policies ?? []).map((policy) => refKey(policy)),
        refKey(ref("table", target.table, { schema: target.schema })),
      ],
      ["tenancy", "security"],
    ) ?? null;
  const steps: ProofStep[] = [];
  for (const attack of attacks) steps.push(await carryOut(trial, target.table, attack, tenants, application, decision));
  return steps;
}

async function rowOf(
  admin: Session,
  trial: IsolationTrial,
  schema: string,
  table: string,
  tenant: string,
): Promise<Record<string, string | null> | null> {
  const { dialect, design } = trial;
  const column = tenantColumn(design, schema, table);
  const own = viewOf(trial.catalog).table(schema, table);
  if (column === null || own === undefined) return null;
  const names = own.columns
    .filter((one) => one.generated === null)
    .map((one) => `${dialect.ident(one.name)}::text AS ${dialect.ident(one.name)}`);
  const found = await admin.query<Record<string, string | null>>(
    `SELECT ${names.join(", ")} FROM ${dialect.qualified(schema, table)} WHERE ${dialect.ident(column)}::text = $1 LIMIT 1`,
    [tenant],
  );
  return found.rows[0] ?? null;
}

async function carryOut(
  trial: IsolationTrial,
  table: string,
  attack: Attack,
  tenants: Tenants,
  application: ApplicationSession,
  decision: string | null,
): Promise<ProofStep> {
  const [name, detail] = attack.name.split("/");
  const claim = {
    id: `isolation/${name}/${table}${detail === undefined ? "" : `/${detail}`}`,
    claim: attack.claim,
    decision: decision ?? decisionOn(trial.design, ["tenancy", "security"]),
  };
  return observe(claim, async () => {
    const set = attack.setting === null ? [] : [tenantSql(trial.design, trial.dialect, attack.setting)];
    const sql = ["BEGIN", ...set, ...attack.before, attack.sql, "ROLLBACK"];
    const seen = await attempt(application.session, [...set, ...attack.before], attack.sql);
    return { ...judge(attack, seen, tenants), sql };
  });
}

function judge(attack: Attack, seen: Seen, tenants: Tenants): Observation {
  const { expected } = attack;
  const basis = `${tenants.other_rows} rows of the other tenant were there`;
  const counts = { other_tenant_rows: tenants.other_rows, own_rows: tenants.own_rows };
  const result = (verdict: "proved" | "refuted", observed: string): Observation => ({
    verdict,
    standing: "proved",
    observed: `${observed}; ${basis}`,
    figures: counts,
  });
  const said = seen.code === null ? "" : `refused with SQLSTATE ${seen.code}`;
  switch (expected.kind) {
    case "count":
      if (seen.code === DENIED) return result("proved", `${said}: the application may not read it at all`);
      if (seen.code !== null) return result("refuted", `${said} where ${expected.rows} rows were to be read`);
      return result(
        seen.counted === expected.rows ? "proved" : "refuted",
        `${seen.counted} rows read, ${expected.rows} expected`,
      );
    case "touches nothing":
      if (seen.code !== null) return result("proved", said);
      return result(seen.touched === 0 ? "proved" : "refuted", `${seen.touched} rows touched`);
    case "nothing or refused":
      if (seen.code !== null) return result("proved", said);
      return result(seen.counted === 0 ? "proved" : "refuted", `${seen.counted} rows read`);
    case "refused":
      if (seen.code === null) return result("refuted", "it was accepted");
      if (expected.codes.includes(seen.code)) return result("proved", said);
      return notRun(`something else refused it first (SQLSTATE ${seen.code}), so this says nothing about tenants`);
  }
}
