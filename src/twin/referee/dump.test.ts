import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pathEngine } from "../server/engine.ts";
import { openServer } from "../server/open.ts";
import { requestFor } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { comparableStatements, dumpDifferences, dumpStatements, findDump, statementDifferences } from "./dump.ts";
import type { DumpOptions, DumpTool } from "./dump.ts";
import { EQUAL, GROUND, TRAPS } from "./planted.test-data.ts";

const { signal } = new AbortController();

test("a dump is compared without its comments, settings, keys and orders", () => {
  const dump = (key: string, columns: string, rest: string): string =>
    `--\n-- PostgreSQL database dump\n--\n\\restrict ${key}\n\nSET lock_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n` +
    `CREATE TABLE public.t (\n${columns}\n);\n\n${rest}\n\\unrestrict ${key}\n`;
  const a = comparableStatements(
    dump("a1", "    a integer,\n    b text", "CREATE VIEW v AS\n SELECT 1;\nCOMMENT ON TABLE public.t IS '-- x; y';"),
  );
  const b = comparableStatements(
    dump("b2", "    b text,\n    a integer", "COMMENT ON TABLE public.t IS '-- x; y';\nCREATE VIEW v AS\n SELECT 1;"),
  );
  expect(a).toHaveLength(3);
  expect(statementDifferences(a, b)).toEqual([]);
  expect(statementDifferences([...a, "x"], [...b, "y"])).toEqual(["- x", "+ y"]);
  expect(statementDifferences(["x", "x"], ["x"])).toEqual(["- x"]);
});

test("without a pg_dump that is new enough nothing is said to be compared", async () => {
  const old = await findDump({ major: 20, searchPath: [], signal });
  expect(old).toEqual({ reason: expect.stringMatching(/no pg_dump was found|refuses/) as string });
});

// The embedded server comes without pg_dump: what follows needs PostgreSQL's own programs of some major.
const usable = await (async (): Promise<{ major: number; tool: DumpTool } | null> => {
  for (const major of [18, 17, 16, 15]) {
    const tool = await findDump({ major, searchPath: [], signal });
    if ("path" in tool && (await pathEngine(major, [], { account: null })) !== null) return { major, tool };
  }
  return null;
})();

describe.skipIf(usable === null)("pg_dump", () => {
  const { major = 0, tool = { path: "", version: "" } } = usable ?? {};
  const options: DumpOptions = { major, searchPath: [], signal };
  let server: TwinServer;
  let ground: TwinDatabase;
  let before: readonly string[];

  const dumpAfter = async (sql: string): Promise<readonly string[]> => {
    const database = await server.createDatabase(ground);
    const session = await database.connect("owner");
    await session.execute(sql);
    await session.close();
    return await dumpStatements(database, tool, options);
  };

  beforeAll(async () => {
    server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache"), { major }));
    ground = await server.createDatabase();
    for (const role of ["app", "reader"]) await ground.ensureRole(role);
    const session = await ground.connect("owner");
    await session.execute(GROUND);
    await session.close();
    before = await dumpStatements(ground, tool, options);
  });
  afterAll(async () => {
    await server.close();
  });

  test.for(TRAPS.filter(({ since = 15 }) => since <= major).map((one) => [one.name, one] as const))(
    "sees: %s",
    async ([, { sql }]) => {
      expect(statementDifferences(before, await dumpAfter(sql))).not.toEqual([]);
    },
  );

  test.for(EQUAL.map((one) => [one.name, one] as const))("is silent: %s", async ([, { a, b }]) => {
    const set = "set search_path = public; ";
    expect(statementDifferences(await dumpAfter(set + a), await dumpAfter(set + b))).toEqual([]);
  });

  test("two databases by one call", async () => {
    const other = await server.createDatabase(ground);
    const same = await dumpDifferences(ground, other, options);
    expect(same).toEqual({ compared: true, tool, differences: [] });
  });
});
