import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { DbwrightError } from "../../model/error.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Progress } from "../../model/progress.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import type { Design } from "../../model/design.ts";
import { openServer } from "../server/open.ts";
import { listening, playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinServer } from "../server.ts";
import { proveDesign } from "./prove-design.ts";
import type { ProveOptions } from "./prove-design.ts";
import { GOOD_SQL, QUERY, designOf } from "./prove.test-data.ts";

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

const prove = (design: Design, parts: Partial<ProveOptions> = {}): Promise<Proof> =>
  proveDesign(design, {
    server,
    dialect: postgres,
    rowsMax: 1500,
    seed: 7,
    signal: new AbortController().signal,
    progress: silentProgress,
    prismaText: null,
    knexFile: null,
    ...parts,
  });

const refutedOf = (proof: Proof): readonly ProofStep[] => proof.steps.filter((step) => step.verdict === "refuted");

describe("a design that holds", () => {
  let proof: Proof;
  beforeAll(async () => {
    proof = await prove(await designOf(server, GOOD_SQL));
  });

  it("is proved, with nothing refuted", () => {
    expect(refutedOf(proof)).toEqual([]);
    expect(proof.verdict).toBe("proved");
  });

  it("has a step of every family, with ids that are unique", () => {
    const ids = proof.steps.map((step) => step.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const family of [
      "apply/up",
      "apply/down",
      "rows/note",
      "constraints/note",
      "plan/",
      "latency/",
      "isolation/",
    ]) {
      expect(ids.map((id) => id.slice(0, family.length))).toContain(family);
    }
  });

  it("blurs no standing: plans are estimated, times measured, what was not given not run", () => {
    const standing = (prefix: string): readonly string[] => [
      ...new Set(proof.steps.filter((step) => step.id.startsWith(prefix)).map((step) => step.standing)),
    ];
    expect(standing("plan/")).toEqual(["estimated"]);
    expect(standing("latency/")).toEqual(["measured"]);
    expect(standing("prisma/")).toEqual(["not proved"]);
    expect(proof.steps.find((step) => step.id === "prisma/validate")?.verdict).toBe("not-run");
  });

  it("judges the plan at the stated volume and says on how many rows it measured", () => {
    const plan = proof.steps.find((step) => step.id.startsWith("plan/"));
    expect(plan?.figures?.["table_rows"]).toBe(50_000_000);
    const latency = proof.steps.find((step) => step.id.startsWith("latency/"));
    expect(latency?.figures?.["rows"]).toBe(1000);
    expect(latency?.observed).toContain("says nothing about production hardware");
  });

  it("broke constraints of every kind, one by one", () => {
    const note = proof.steps.find((step) => step.id === "constraints/note");
    // 6 NOT NULL, 1 enum, the key, 2 checks, 1 of 2 references: the tenant's cannot be broken alone.
    expect(note?.figures?.["refused"]).toBe(11);
    expect(note?.observed).toContain("note_tenant_fk");
  });
});

/** A broken design, the step that must find it, and the decision that falls with it. */
async function check(
  edit: (sql: string) => string,
  expected: { readonly step: RegExp; readonly decision?: string },
  parts: Partial<Design> = {},
): Promise<void> {
  const sql = edit(GOOD_SQL);
  // An edit that changes nothing would test nothing.
  expect(sql !== GOOD_SQL || Object.keys(parts).length > 0).toBe(true);
  const proof = await prove(await designOf(server, sql, parts));
  const found = refutedOf(proof).find((step) => expected.step.test(step.id));
  expect(refutedOf(proof).map((step) => step.id)).toContainEqual(expect.stringMatching(expected.step));
  expect(proof.verdict).toBe("refuted");
  if (expected.decision !== undefined) expect(found?.decision).toBe(expected.decision);
}

const leaky = (sql: string): string =>
  sql.replace(/CREATE POLICY tenant ON app.note USING \(.*\);/, "CREATE POLICY tenant ON app.note USING (true);");

describe("a broken design is refuted", () => {
  it.each<[string, (sql: string) => string, { readonly step: RegExp; readonly decision?: string }]>([
    ["a policy that leaks", leaky, { step: /^isolation\/read-other-tenant\/note$/, decision: "tenancy/model" }],
    ["the same, seen by a forgotten setting", leaky, { step: /^isolation\/forgotten-setting\/note$/ }],
    [
      "row security that is not forced",
      (sql) => sql.replace("ALTER TABLE app.note FORCE ROW LEVEL SECURITY;", ""),
      { step: /^isolation\/owner-is-bound\/note$/ },
    ],
    [
      "row security that is not enabled",
      (sql) => sql.replace("ALTER TABLE app.note ENABLE ROW LEVEL SECURITY;", ""),
      { step: /^isolation\/read-without-filter\/note$/ },
    ],
    [
      "a policy that lets rows be written for anybody",
      (sql) => sql.replace(/(CREATE POLICY tenant ON app.note USING \(.*\));/, "$1 WITH CHECK (true);"),
      { step: /^isolation\/insert-for-other-tenant\/note$/ },
    ],
    [
      "a reference that crosses tenants",
      (sql) =>
        sql
          .replace("CONSTRAINT folder_pk PRIMARY KEY (tenant_id, id)", "CONSTRAINT folder_pk PRIMARY KEY (id)")
          .replace(
            "FOREIGN KEY (tenant_id, folder_id) REFERENCES app.folder (tenant_id, id)",
            "FOREIGN KEY (folder_id) REFERENCES app.folder (id)",
          ),
      { step: /^isolation\/refer-to-other-tenant\/note\/note_folder_fk$/ },
    ],
    [
      "an application that may empty a table",
      (sql) => `${sql} GRANT TRUNCATE ON app.note TO app_user;`,
      { step: /^isolation\/truncate\/note$/ },
    ],
    [
      "a view that shows every tenant's rows",
      (sql) =>
        `${sql.replaceAll("FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY")} CREATE VIEW app.all_notes AS SELECT id FROM app.note; GRANT SELECT ON app.all_notes TO app_user;`,
      { step: /^isolation\/view\/all_notes$/ },
    ],
    [
      "an index that the pattern needs and that is not there",
      (sql) => sql.replace(/CREATE INDEX note_folder_ix .*\n/, ""),
      { step: /^plan\/notes-of-a-folder$/, decision: "index/note/folder" },
    ],
    [
      "an index that serves another order of columns",
      (sql) => sql.replace("(tenant_id, folder_id, written_at)", "(written_at, state)"),
      { step: /^plan\/notes-of-a-folder$/ },
    ],
  ])("%s", async (_, edit, expected) => {
    await check(edit, expected);
  });

  it("a query that names an index it does not use", async () => {
    await check(
      (sql) => sql,
      { step: /^plan\/notes-of-a-folder$/ },
      { queries: [{ ...QUERY, index: "index app.note.note_pk" }] },
    );
  });

  it("a query that the server does not accept", async () => {
    const queries = [{ ...QUERY, sql: "SELECT no_such_column FROM app.note WHERE tenant_id = $1 AND folder_id = $2" }];
    await check((sql) => sql, { step: /^plan\/notes-of-a-folder$/ }, { queries });
  });

  it("a pattern that is slower than asked for", async () => {
    const slow = { ...QUERY, sql: QUERY.sql.replace("SELECT id", "SELECT pg_sleep(0.02), id") };
    const source = { ...QUERY.source, p95_ms: 5 };
    await check(
      (sql) => sql,
      { step: /^latency\/notes-of-a-folder$/, decision: "index/note/folder" },
      { queries: [{ ...slow, source }] },
    );
  });

  it("a job that the server does not accept", async () => {
    const jobs = [{ name: "retention of note", every: "1 d", sql: "DELETE FROM app.no_such_table", because: "" }];
    await check((sql) => sql, { step: /^jobs\/retention-of-note$/ }, { jobs });
  });

  it("a down migration that leaves something", async () => {
    const design = await designOf(server, GOOD_SQL);
    const dialect = {
      ...postgres,
      drop: (catalog: Design["catalog"]) => postgres.drop(catalog).filter(({ sql }) => !/SCHEMA/.test(sql)),
    };
    const proof = await prove(design, { dialect });
    expect(refutedOf(proof).map((step) => step.id)).toContain("apply/down");
  });

  it("a condition that the server refuses, with the constraint and its decision", async () => {
    const design = await designOf(server, GOOD_SQL);
    const dialect = {
      ...postgres,
      create: (catalog: Design["catalog"]) =>
        postgres.create(catalog).map((statement) => ({
          ...statement,
          sql: statement.sql.replace(/'closed'::app\.state(?=\)*,?\n|\)+,?\s*CONSTRAINT)/, "'shut'::app.state"),
        })),
    };
    const proof = await prove(design, { dialect });
    const step = refutedOf(proof).find((one) => one.id === "apply/up");
    expect(step?.observed).toContain("in note_closed_ck");
  });

  it("a column that was designed NOT NULL and is created without", async () => {
    const design = await designOf(server, GOOD_SQL);
    const dialect = {
      ...postgres,
      create: (catalog: Design["catalog"]) =>
        postgres.create(catalog).map((statement) => ({
          ...statement,
          sql: statement.sql.replace("stars smallint NOT NULL", "stars smallint"),
        })),
    };
    const proof = await prove(design, { dialect });
    const step = refutedOf(proof).find((one) => one.id === "apply/up");
    expect(step?.observed).toContain("column app.note.stars: notNull is false");
    expect(step?.decision).toBe("constraint/note/stars");
  });

  it("Prisma text that Prisma refuses", async () => {
    const proof = await prove(await designOf(server, GOOD_SQL), { prismaText: "model Note { id Nonsense }" });
    expect(refutedOf(proof).map((step) => step.id)).toEqual(["prisma/validate"]);
  });
});

describe("when it is cut short", () => {
  const databases = async (of: TwinServer): Promise<number> => {
    const own = await of.createDatabase();
    const session = await own.connect("admin");
    try {
      const found = await session.query<{ n: string }>(
        "SELECT count(*) AS n FROM pg_database WHERE datname LIKE 'dbwright%'",
      );
      return Number(found.rows[0]?.n) - 1;
    } finally {
      await session.close();
      await own.drop();
    }
  };
  const at = (title: RegExp, act: () => void): Progress => listening((started) => void (title.test(started) && act()));

  it.each(["Applying", "Generating", "Breaking", "Judging", "Timing", "Attacking"])(
    "by an abort during %s, it drops its databases and raises the reason",
    async (title) => {
      const before = await databases(server);
      const controller = new AbortController();
      const progress = at(new RegExp(title), () => controller.abort(new Error("stopped by hand")));
      const design = await designOf(server, GOOD_SQL);
      await expect(prove(design, { signal: controller.signal, progress })).rejects.toThrow("stopped by hand");
      expect(await databases(server)).toBe(before);
    },
  );

  it("by a server that dies, it raises what the environment did and returns no proof", async () => {
    const dying = await openServer(requestFor(place.cacheDir));
    const design = await designOf(dying, GOOD_SQL);
    const progress = at(/Breaking/, () => void dying.close());
    const error: unknown = await prove(design, { server: dying, progress }).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(DbwrightError);
    expect((error as DbwrightError).exitCode).toBe(3);
  });
});
