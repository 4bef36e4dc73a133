import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { sqlite } from "../../engines/sqlite/dialect.ts";
import { openMemory } from "../../engines/sqlite/driver.ts";
import { introspect as introspectSqlite } from "../../engines/sqlite/introspect.ts";
import type { Catalog } from "../../model/catalog.ts";
import { silentProgress } from "../../model/progress.ts";
import type { ReviewReport } from "../../model/review.ts";
import type { Dialect } from "../../model/statement.ts";
import { RULES } from "../../rules/registry.ts";
import type { Rule } from "../../rules/rule.ts";
import { openServer } from "../../twin/server/open.ts";
import { playground, requestFor } from "../../twin/server/testing.test-data.ts";
import type { TwinServer } from "../../twin/server.ts";
import { proveFixes } from "./prove-fixes.ts";
import { proveSqliteFixes } from "./prove-sqlite-fixes.ts";
import { reviewSchema } from "./review-schema.ts";
import type { SchemaReview } from "./review-schema.ts";

/* The fixes that rules call safe, each proved as `review` does it, on every documented example: with all the rules. */

const place = playground();
let server: TwinServer;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
});
afterAll(async () => {
  await server.close();
  place.remove();
});

const { signal } = new AbortController();
const common = { signal, progress: silentProgress } as const;

async function reviewed(catalog: Catalog, dialect: Dialect, prove: SchemaReview["prove"]): Promise<ReviewReport> {
  const { report } = await reviewSchema({
    catalog,
    dialect,
    statistics: null,
    withoutStatistics: "none",
    chosen: { rules: RULES, off: [] },
    all: RULES,
    configuration: {},
    configurationFile: null,
    places: null,
    baseline: null,
    unseen: [],
    prove,
  });
  return report;
}

/** The verdicts on the safe fixes of a rule in a report. */
function verdicts(of: Rule, { findings }: ReviewReport): readonly string[] {
  const own = findings.filter(({ rule }) => rule === of.id).flatMap(({ fixes }) => fixes);
  return own
    .filter(({ safety }) => safety === "safe")
    .map(({ proof, sql }) => (proof?.verdict === "proved" ? "proved" : `${proof?.reason}: ${sql.join("; ")}`));
}

const safe = RULES.filter(({ fix }) => fix === "safe");

describe.each(safe.map((rule) => [rule.id, rule] as const))("%s", (_, rule) => {
  test("on PostgreSQL", async () => {
    const seen: string[] = [];
    for (const ddl of rule.fails) {
      const database = await server.createDatabase();
      const session = await database.connect("owner");
      await session.execute(ddl);
      const catalog = await introspect(session);
      await session.close();
      const report = await reviewed(catalog, postgres, (trials, input) =>
        proveFixes(trials, { ...common, server: () => Promise.resolve(server), database, rules: RULES, input }),
      );
      seen.push(...verdicts(rule, report));
    }
    expect(new Set(seen)).toEqual(new Set(["proved"]));
  });
});

const alsoSqlite = safe.filter(({ engines }) => engines.includes("sqlite"));

describe.each(alsoSqlite.map((rule) => [rule.id, rule] as const))("%s", (_, rule) => {
  test("on SQLite", async () => {
    const seen: string[] = [];
    for (const ddl of rule.examplesOn?.sqlite?.fails ?? rule.fails) {
      const session = await openMemory();
      try {
        session.execute(ddl);
      } catch {
        // An example that only PostgreSQL reads.
        await session.close();
        continue;
      }
      const catalog = introspectSqlite(session);
      await session.close();
      const report = await reviewed(catalog, sqlite, (trials, input) =>
        proveSqliteFixes(trials, { ...common, rules: RULES, input }),
      );
      seen.push(...verdicts(rule, report));
    }
    expect(new Set(seen)).toEqual(new Set(["proved"]));
  });
});
