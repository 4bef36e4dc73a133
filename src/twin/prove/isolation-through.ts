import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { FunctionObject, ViewObject } from "../../model/catalog.ts";
import type { ProofStep } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import { tenantSql } from "./application.ts";
import type { ApplicationSession } from "./login.ts";
import { decisionOn, notRun, observe } from "./step.ts";
import type { Observation } from "./step.ts";
import { attempt, twoTenants } from "./tenants.ts";
import type { IsolationTrial, TenantTable } from "./tenants.ts";

interface Access {
  readonly application: ApplicationSession;
  readonly admin: Session;
}

// SQLSTATE 0A000: "trigger functions can only be called as triggers"; 42501: the role may not call it.
const CALL_REFUSED = new Set(["0A000", "42501"]);

/** A view that may show tenants' rows, with a table behind it that holds them. */
interface TenantView {
  readonly object: ViewObject;
  readonly source: TenantTable;
}

// Also tables that only the view may read (search documents) carry the tenant.
function tenantViews(trial: IsolationTrial, view: CatalogView): readonly TenantView[] {
  const column = trial.design.tenancy?.column ?? "";
  const carriers = view.tables.filter((own) => own.columns.some((one) => one.name === column));
  return view.of("view").flatMap((object) => {
    const source = carriers.find(({ table, columns }) => {
      const keys = new Set([table, ...columns].map(refKey));
      return object.dependsOn.some((key) => keys.has(key));
    })?.table;
    return source === undefined
      ? []
      : [{ object, source: { schema: source.schema ?? "", table: source.name, column } }];
  });
}

/** Views over tenants' tables show the tenant's own rows, and nothing without a tenant. */
export async function viewLeaks(trial: IsolationTrial, view: CatalogView, access: Access): Promise<ProofStep[]> {
  const { session } = access.application;
  const decision = decisionOn(trial.design, ["tenancy", "security"]);
  const steps: ProofStep[] = [];
  for (const { object, source } of tenantViews(trial, view)) {
    const name = trial.dialect.qualified(object.schema, object.name);
    const sql = `SELECT count(*) AS n FROM ${name}`;
    steps.push(
      await observe(
        {
          id: `isolation/view/${object.name}`,
          claim: `The view ${object.name} shows nothing without a tenant`,
          decision,
        },
        async () => {
          const seen = await attempt(session, [], sql);
          const closed = seen.code !== null || seen.counted === 0;
          return {
            verdict: closed ? "proved" : "refuted",
            standing: "proved",
            observed: seen.code === null ? `${seen.counted} rows read` : `refused with SQLSTATE ${seen.code}`,
            sql: [sql],
          };
        },
      ),
      await observe(
        {
          id: `isolation/view-of-tenant/${object.name}`,
          claim: `The view ${object.name} shows a tenant its own rows only`,
          decision,
        },
        () => ownRowsOnly(trial, { object, source }, name, access),
      ),
    );
  }
  return steps;
}

async function ownRowsOnly(
  trial: IsolationTrial,
  { object, source }: TenantView,
  name: string,
  access: Access,
): Promise<Observation> {
  const { design, dialect } = trial;
  const { column } = source;
  const read = await attempt(access.application.session, [], `SELECT 1 FROM ${name} LIMIT 0`);
  if (read.code !== null) {
    return {
      verdict: "proved",
      standing: "proved",
      observed: `the application may not read it (SQLSTATE ${read.code})`,
    };
  }
  if (!object.columns.some((own) => own.name === column))
    return notRun(`it has no column ${column} to tell tenants by`);
  // Without a tenant the view shows a superuser nothing either: tenants are counted in the table behind it.
  const tenants = await twoTenants(access.admin, dialect, source);
  if (tenants === null) return notRun("no table behind it holds rows of two tenants");
  const set = tenantSql(design, dialect, tenants.own);
  const foreign = `SELECT count(*) AS n FROM ${name} WHERE ${dialect.ident(column)}::text <> ${dialect.literal(tenants.own)}`;
  const own = await attempt(access.application.session, [set], `SELECT count(*) AS n FROM ${name}`);
  const others = await attempt(access.application.session, [set], foreign);
  if (own.counted === 0 || own.counted === null) return notRun("the tenant has no rows in it");
  return {
    verdict: others.counted === 0 ? "proved" : "refuted",
    standing: "proved",
    observed: `${own.counted} rows read, ${others.counted ?? 0} of other tenants`,
    sql: ["BEGIN", set, foreign, "ROLLBACK"],
    figures: { rows: own.counted, other_rows: others.counted ?? 0 },
  };
}

const returnsTrigger = (object: FunctionObject): boolean =>
  object.returns === "trigger" || object.returns === "event_trigger";

/** Functions that run with their owner's rights cannot be called to read other tenants' rows. */
export async function functionLeaks(
  trial: IsolationTrial,
  view: CatalogView,
  application: ApplicationSession,
): Promise<ProofStep[]> {
  const definers = view.of("function").filter((object) => object.securityDefiner);
  if (definers.length === 0) return [];
  const claim = {
    id: "isolation/functions",
    claim: "Functions that run with their owner's rights show the application nothing",
    decision: decisionOn(trial.design, ["tenancy", "security"]),
  };
  const step = await observe(claim, async () => {
    const open = definers.filter((object) => !returnsTrigger(object));
    if (open.length > 0) {
      return notRun(`what they return was not tried: ${open.map((object) => object.name).join(", ")}`);
    }
    const calls = definers.map((object) => `SELECT ${trial.dialect.qualified(object.schema, object.name)}()`);
    for (const sql of calls) {
      const seen = await attempt(application.session, [], sql);
      if (seen.code === null || !CALL_REFUSED.has(seen.code)) {
        return {
          verdict: "refuted",
          standing: "proved",
          observed: seen.code === null ? "a call was accepted" : `a call ended with SQLSTATE ${seen.code}`,
          sql: [sql],
        };
      }
    }
    return {
      verdict: "proved",
      standing: "proved",
      observed: `${calls.length} trigger functions; the server refuses to call them as anything but triggers, so they return nothing to a caller`,
      sql: calls,
      figures: { functions: calls.length },
    };
  });
  return [step];
}
