import { describe, expect, test } from "vitest";
import { sqlite } from "../engines/sqlite/dialect.ts";
import { openMemory } from "../engines/sqlite/driver.ts";
import { introspect } from "../engines/sqlite/introspect.ts";
import type { Catalog } from "../model/catalog.ts";
import { afterChange } from "../model/change.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Finding, Fix } from "../model/finding.ts";
import { RULES } from "./registry.ts";
import { review } from "./review.ts";
import type { Rule } from "./rule.ts";

/*
 * The documented examples of the rules that hold for SQLite, run on SQLite. A rule that names examples for SQLite is
 * judged by those; another by its own as far as SQLite reads them, of which there must be some of each sort. Fixes
 * are run as statements in the database that holds the example, and the rule has then less to say.
 */

async function onDatabase<T>(ddl: readonly string[], work: (catalog: Catalog) => T): Promise<T> {
  const session = await openMemory();
  try {
    for (const sql of ddl) session.execute(sql);
    return work(introspect(session));
  } finally {
    await session.close();
  }
}

function findings(rule: Rule, catalog: Catalog): readonly Finding[] {
  const settings = { tenantColumn: null, classified: {} };
  const result = review([rule], { view: viewOf(catalog), dialect: sqlite, statistics: null, settings });
  expect(result.failed).toEqual([]);
  return result.findings;
}

async function readable(examples: readonly string[]): Promise<string[]> {
  const read: string[] = [];
  for (const ddl of examples) {
    // What PostgreSQL alone understands is no example for SQLite.
    const ran = await onDatabase([ddl], () => true).catch(() => false);
    if (ran) read.push(ddl);
  }
  return read;
}

const rules = RULES.filter((rule) => rule.engines.includes("sqlite") && rule.needsStatistics !== true);

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
  const own = rule.examplesOn?.sqlite;

  test("fires where it should, and its fixes cure it", async () => {
    const fails = own?.fails ?? (await readable(rule.fails));
    expect(fails).not.toEqual([]);
    const offered = new Set<Fix["safety"]>();
    for (const ddl of fails) {
      const { catalog, found } = await onDatabase([ddl], (made) => ({ catalog: made, found: findings(rule, made) }));
      expect({ ddl, found: found.length > 0 }).toEqual({ ddl, found: true });
      for (const finding of found) {
        for (const fix of finding.fixes) {
          offered.add(fix.safety);
          let at = catalog;
          const statements = fix.changes.flatMap((change) => {
            const printed = sqlite.change(change, at);
            at = afterChange(at, change);
            return printed.map(({ sql }) => sql);
          });
          const left = await onDatabase([ddl, ...statements], (made) => findings(rule, made));
          const still = left.filter((other) => other.message === finding.message);
          expect({ fix: fix.title, still }).toEqual({ fix: fix.title, still: [] });
        }
      }
    }
    // Rules for both engines are held to what they declare on PostgreSQL, which reads all their examples.
    const best = (["safe", "review", "destructive"] as const).find((safety) => offered.has(safety));
    if (!rule.engines.includes("postgres")) expect(best).toBe(rule.fix);
  });

  test("is silent where it should be", async () => {
    const passes = own?.passes ?? (await readable(rule.passes));
    expect(passes).not.toEqual([]);
    for (const ddl of passes)
      expect({ ddl, found: await onDatabase([ddl], (made) => findings(rule, made)) }).toEqual({ ddl, found: [] });
  });
});
