import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { silentProgress } from "../../model/progress.ts";
import type { ProofStep } from "../../model/proof.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { openToOwner } from "../rows/gates.ts";
import { generateRows } from "../rows/generate.ts";
import { HARD_SQL } from "../rows/rows.test-data.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinServer } from "../server.ts";
import { proveConstraints } from "./constraints.ts";
import { GOOD_SQL, designOf } from "./prove.test-data.ts";

let place: Playground;
let server: TwinServer;

beforeAll(async () => {
  place = playground();
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server.close();
  place.remove();
});

/** Tries a design's constraints on a database that was changed behind the design's back. */
async function tried(sql: string, change: string): Promise<readonly ProofStep[]> {
  const design = await designOf(server, sql);
  const database = await server.createDatabase();
  await database.ensureRole("app_user");
  const session = await database.connect("owner");
  const run = { signal: new AbortController().signal, progress: silentProgress };
  try {
    await session.execute(sql);
    const generated = await generateRows(session, design, { ...run, rows: () => 300, seed: 1, spare: 20 });
    await session.execute(change);
    const restore = await openToOwner(session, viewOf(design.catalog).tables);
    const steps = await proveConstraints({
      ...run,
      session,
      design,
      catalog: design.catalog,
      generated,
      dialect: postgres,
    });
    await restore();
    return steps;
  } finally {
    await session.close();
    await database.drop();
  }
}

describe("a constraint that is not there although it was designed", () => {
  it.each([
    [
      "a check",
      "ALTER TABLE app.note DROP CONSTRAINT note_stars_ck",
      "constraints/note/check/note_stars_ck",
      "constraint/note/stars",
    ],
    [
      "NOT NULL",
      "ALTER TABLE app.note ALTER stars DROP NOT NULL",
      "constraints/note/not-null/stars",
      "constraint/note/stars",
    ],
    [
      "a check of two columns",
      "ALTER TABLE app.note DROP CONSTRAINT note_closed_ck",
      "constraints/note/check/note_closed_ck",
      undefined,
    ],
    [
      "a foreign key",
      "ALTER TABLE app.note DROP CONSTRAINT note_folder_fk",
      "constraints/note/foreign-key/note_folder_fk",
      undefined,
    ],
    ["a primary key", "ALTER TABLE app.note DROP CONSTRAINT note_pk", "constraints/note/unique/note_pk", undefined],
    [
      "a unique key",
      "ALTER TABLE app.tenant DROP CONSTRAINT tenant_slug_uq",
      "constraints/tenant/unique/tenant_slug_uq",
      undefined,
    ],
  ])("%s is refuted, and only it", async (_, change, id, decision) => {
    const refuted = (await tried(GOOD_SQL, change)).filter((step) => step.verdict === "refuted");
    expect(refuted.map((step) => step.id)).toEqual([id.split("/").slice(0, 2).join("/"), id]);
    expect(refuted[1]?.decision).toBe(decision);
    expect(refuted[1]?.sql?.[0]).toMatch(/^INSERT INTO/);
  });
});

describe("a schema with every kind of constraint", () => {
  it("refuses each of them by name", async () => {
    const steps = await tried(HARD_SQL, "SELECT 1");
    expect(steps.filter((step) => step.verdict === "refuted")).toEqual([]);
    const [refused, all] = ["refused", "constraints"].map((name) =>
      steps.reduce((sum, step) => sum + Number(step.figures?.[name] ?? 0), 0),
    ) as [number, number];
    expect(refused / all).toBeGreaterThan(0.8);
    const statements = steps.flatMap((step) => step.sql ?? []).join("\n");
    for (const code of ["23502", "23505", "23503", "23514", "23P01", "22P02"])
      expect(statements).toContain(`-- ${code} `);
  });
});
