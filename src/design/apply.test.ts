import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import type { Session } from "../engines/postgres/driver.ts";
import { readBrief } from "../formats/brief/read.ts";
import { DbwrightError } from "../model/error.ts";
import type { Brief } from "../model/brief.ts";
import type { Design } from "../model/design.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { TwinServer } from "../twin/server.ts";
import { arbitraryBrief } from "./arbitrary-brief.test-data.ts";
import { design } from "./design.ts";

const EXAMPLES = ["project-management", "payments", "shop", "sensors", "blog"];

const place = playground();
let server: TwinServer;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
}, 120_000);

afterAll(async () => {
  await server?.close();
  place.remove();
});

/** Applies a design to an empty database, prepares its queries, runs its jobs, and drops it again. */
async function rehearse(made: Design): Promise<void> {
  const database = await server.createDatabase();
  try {
    const session = await database.connect("admin");
    try {
      for (const { sql } of postgres.create(made.catalog)) await session.execute(sql);
      for (const query of made.queries) {
        await session.execute(`PREPARE designed AS ${query.sql}`);
        await session.execute("DEALLOCATE designed");
      }
      for (const job of made.jobs) await runJob(session, made, job);
      for (const { sql } of postgres.drop(made.catalog)) await session.execute(sql);
      const left = await session.query<{ name: string }>(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace >= 16384 UNION ALL SELECT nspname FROM pg_namespace WHERE oid >= 16384",
      );
      expect(left.rows).toEqual([]);
    } finally {
      await session.close();
    }
  } finally {
    await database.drop();
  }
}

async function runJob(session: Session, made: Design, job: Design["jobs"][number]): Promise<void> {
  // What takes parameters belongs to a request; the operator's jobs run as that role.
  if (/\$\d/.test(job.sql)) return;
  const role = made.operatorRole;
  const asOperator = role !== null && role !== undefined && job.every.endsWith(` as ${role}`);
  await session.execute(`BEGIN${asOperator ? `; SET LOCAL ROLE ${postgres.ident(role)}` : ""}`);
  try {
    await session.execute(job.sql);
  } finally {
    await session.execute("ROLLBACK");
  }
}

const example = (name: string): Brief => {
  const file = `examples/${name}.yaml`;
  return readBrief(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file);
};

describe("on a real server", () => {
  test.each(EXAMPLES)(
    "%s applies, answers, runs its jobs and goes again",
    async (name) => {
      const brief = example(name);
      await rehearse(await design(brief, postgres, { today: "2026-03-01" }));
      // Without the server's own uuidv7().
      await rehearse(await design({ ...brief, engine: { name: "postgres", major: 16 } }, postgres));
    },
    60_000,
  );

  test.each(["schema-per-tenant", "database-per-tenant"] as const)(
    "project-management as %s",
    async (model) => {
      const brief = example("project-management");
      const tenancy = brief.tenancy === null ? null : { ...brief.tenancy, model };
      const made = await design({ ...brief, tenancy }, postgres, { today: "2026-03-01" });
      expect(made.tenancy?.tables).toEqual([]);
      await rehearse(made);
    },
    60_000,
  );

  test("drawn briefs apply, answer, run their jobs and go again", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBrief, async (brief) => {
        const made = await design(brief, postgres, { today: "2026-03-01" }).catch((error: unknown) => {
          if (error instanceof DbwrightError) return null;
          throw error;
        });
        if (made !== null) await rehearse(made);
      }),
      { numRuns: 25 },
    );
  }, 240_000);

  test("200 entities", async () => {
    const brief = example("blog");
    const entity = brief.entities.find((one) => one.name === "tag");
    if (entity === undefined) throw new Error("the example has changed");
    const entities = Array.from({ length: 200 }, (_, at) => ({ ...entity, name: `entity_${at}` }));
    await rehearse(await design({ ...brief, entities, patterns: [] }, postgres));
  }, 120_000);
});
