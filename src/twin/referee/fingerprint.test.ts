import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openServer } from "../server/open.ts";
import { requestFor } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { fingerprintDifferences, fingerprintLines } from "./difference.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { EQUAL, GROUND, PROPERTIES, TRAPS } from "./planted.test-data.ts";

const MAJOR = 18 as number;
let server: TwinServer;
let ground: TwinDatabase;
let before: Fingerprint;

beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache"), { major: MAJOR }));
  ground = await server.createDatabase();
  for (const role of ["app", "reader"]) await ground.ensureRole(role);
  before = await readAfter(ground, GROUND);
});
afterAll(async () => {
  await server.close();
});

async function readAfter(database: TwinDatabase, sql: string, as: "owner" | "admin" = "owner"): Promise<Fingerprint> {
  const session = await database.connect(as);
  try {
    if (sql !== "") await session.execute(sql);
    return await fingerprint(session);
  } finally {
    await session.close();
  }
}

async function changedBy(sql: string, as: "owner" | "admin" = "owner"): Promise<readonly string[]> {
  const database = await server.createDatabase(ground);
  try {
    return fingerprintDifferences(before, await readAfter(database, sql, as));
  } finally {
    await database.drop();
  }
}

const planted = [...TRAPS, ...PROPERTIES].filter(({ since = 15 }) => since <= MAJOR);

describe("sees a change of one property", () => {
  test.for(planted.map((one) => [one.name, one] as const))("%s", async ([, { sql, seen }]) => {
    const lines = await changedBy(sql);
    expect(lines.join("\n")).toMatch(seen);
  });

  test("the triggers of foreign keys off", async () => {
    const lines = await changedBy("alter table app.person disable trigger all", "admin");
    expect(lines.join("\n")).toMatch(/internal trigger on app\.person for led on app\.person.*tgenabled/);
  });
});

describe("is silent about different ways to the same schema", () => {
  test.for(EQUAL.map((one) => [one.name, one] as const))("%s", async ([, { a, b }]) => {
    const [first, second] = [await server.createDatabase(ground), await server.createDatabase(ground)];
    const one = await readAfter(first, `set search_path = public; ${a}`);
    const two = await readAfter(second, `set search_path = public; ${b}`);
    expect(fingerprintDifferences(one, two)).toEqual([]);
    expect(one.rows.length).toBeGreaterThan(before.rows.length);
    await first.drop();
    await second.drop();
  });

  test("the stamp that some servers leave in attoptions", async () => {
    const lines = await changedBy(
      `set allow_system_table_mods = on;
       update pg_catalog.pg_attribute set attoptions = '{pg_attver=3}' where attrelid = 'app.person'::pg_catalog.regclass`,
      "admin",
    );
    expect(lines).toEqual([]);
  });
});

test("a catalog and a column that nobody has told it of take part", async () => {
  const create = `set allow_system_table_mods = on; alter table pg_catalog.pg_policy add column novelty text;
    create table pg_catalog.pg_novel (novclass pg_catalog.oid primary key, novword text)`;
  const database = await server.createDatabase(ground);
  const admin = await database.connect("admin");
  try {
    await admin.execute(create);
    const one = await fingerprint(admin);
    await admin.execute(
      "update pg_catalog.pg_policy set novelty = 'x'; insert into pg_catalog.pg_novel values (99999, 'w')",
    );
    const lines = fingerprintDifferences(one, await fingerprint(admin)).join("\n");
    expect(lines).toMatch(/pg_policy \| policy own on app\.person \| novelty: - -> "x"/);
    expect(lines).toMatch(/\+ pg_novel/);
  } finally {
    await admin.close();
    await database.drop();
  }
});

test("says what its user may not see, and shows no number of the server's choice", () => {
  expect(before.unseen.join("\n")).toMatch(/pg_user_mapping: no privilege/);
  const lines = fingerprintLines(before);
  expect(lines.length).toBeGreaterThan(500);
  expect(lines.filter((line) => /\b(?:pg_toast_|RI_ConstraintTrigger_\w_)\d/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.includes("gone"))).toEqual([]);
  expect(lines).toEqual(lines.toSorted((a, b) => ((a.split(" | ")[0] ?? "") < (b.split(" | ")[0] ?? "") ? -1 : 0)));
});
