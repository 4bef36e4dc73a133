import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { readStatistics } from "../engines/postgres/statistics.ts";
import type { Catalog } from "../model/catalog.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Finding, Fix } from "../model/finding.ts";
import type { Statistics } from "../model/statistics.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../twin/server.ts";
import { RULES } from "./registry.ts";
import { review } from "./review.ts";
import type { Rule } from "./rule.ts";

/*
 * The documented examples of every rule, run on a real server: each of `fails` fires its rule until its
 * fix is run, each of `passes` does not. All share one database, which is swept between two examples: a database for each
 * would take most of the time. Rules that judge a live server also get its statistics.
 */

const place = playground();
let server: TwinServer | null = null;
let database: TwinDatabase;
let owner: Session;
let admin: Session;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
  database = await server.createDatabase();
  owner = await database.connect("owner");
  admin = await database.connect("admin");
});

afterAll(async () => {
  await owner.close();
  await admin.close();
  await server?.close();
  place.remove();
});

// What only a superuser may create; it outlives what the owner drops.
const BY_ADMIN = /CREATE (ROLE|FOREIGN DATA WRAPPER) (\w+)[^;]*;/g;

interface ByAdmin {
  readonly statement: string;
  readonly kind: string;
  readonly name: string;
}

// Everything the example made goes, and `public` is again as a new database has it.
async function sweep(made: readonly ByAdmin[]): Promise<void> {
  await owner.execute(`ROLLBACK; RESET ALL; DROP OWNED BY CURRENT_USER CASCADE; DROP SCHEMA public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;
    COMMENT ON SCHEMA public IS 'standard public schema'`);
  for (const { kind, name } of made) {
    await admin.execute(kind === "ROLE" ? `DROP OWNED BY ${name}; DROP ROLE ${name}` : `DROP ${kind} ${name} CASCADE`);
  }
}

/** Runs `work` on a database made by `ddl`. Roles and foreign data wrappers are left to the server's superuser. */
async function onDatabase<T>(ddl: string, work: (catalog: Catalog) => Promise<T> | T): Promise<T> {
  const made = [...ddl.matchAll(BY_ADMIN)].map(([statement, kind = "", name = ""]) => ({ statement, kind, name }));
  try {
    for (const { statement, kind, name } of made) {
      const right = kind === "ROLE" ? name : `USAGE ON ${kind} ${name}`;
      await admin.execute(`${statement} GRANT ${right} TO ${await ownerName()}`);
    }
    await owner.execute(ddl.replaceAll(BY_ADMIN, ""));
    return await work(await introspect(owner));
  } finally {
    await sweep(made);
  }
}

async function findings(rule: Rule, catalog: Catalog): Promise<readonly Finding[]> {
  const settings = { tenantColumn: null, classified: {} };
  let statistics: Statistics | null = null;
  if (rule.needsStatistics === true) {
    // Counters of use are sent to the server's memory now and then; here at once.
    await owner.execute("SELECT pg_stat_force_next_flush()");
    statistics = await readStatistics(owner, catalog);
  }
  const result = review([rule], { view: viewOf(catalog), dialect: postgres, statistics, settings });
  expect(result.failed).toEqual([]);
  return result.findings;
}

async function ownerName(): Promise<string> {
  const { rows } = await owner.query<{ name: string }>("SELECT quote_ident(current_user) AS name");
  return rows[0]?.name ?? "";
}

// Whether the rule no longer says the same of a database in which the fix was run.
async function expectCured(rule: Rule, ddl: string, { fixes, message }: Finding): Promise<void> {
  for (const fix of fixes) {
    expect(fix.changes).not.toEqual([]);
    const still = await onDatabase(ddl, async (made) => {
      for (const change of fix.changes) {
        for (const { sql } of postgres.change(change, made)) await owner.execute(sql);
      }
      const left = await findings(rule, await introspect(owner));
      return left.filter((other) => other.message === message);
    });
    expect({ fix: fix.title, still }).toEqual({ fix: fix.title, still: [] });
  }
}

describe.each(RULES.filter(({ engines }) => engines.includes("postgres")).map((rule) => [rule.id, rule] as const))(
  "%s",
  (_id, rule) => {
    const offered: (readonly Fix["safety"][])[] = [];

    test("is shown to fail and to pass", () => {
      expect(rule.fails.length).toBeGreaterThan(0);
      expect(rule.passes.length).toBeGreaterThan(0);
    });

    test.each(rule.fails)("fires on %s", async (ddl) => {
      const found = await onDatabase(ddl, (catalog) => findings(rule, catalog));
      expect(found.length).toBeGreaterThan(0);
      offered.push(found.flatMap(({ fixes }) => fixes.map(({ safety }) => safety)));
      for (const finding of found) await expectCured(rule, ddl, finding);
    });

    // What the table of rules says of its fixes.
    test("its best fix is of the safety that it declares", (context) => {
      if (offered.length < rule.fails.length) context.skip("not all examples were run");
      const best = (["safe", "review", "destructive"] as const).find((safety) => offered.flat().includes(safety));
      expect(best).toBe(rule.fix);
    });

    test.each(rule.passes)("is silent on %s", async (ddl) => {
      expect(await onDatabase(ddl, (catalog) => findings(rule, catalog))).toEqual([]);
    });
  },
);
