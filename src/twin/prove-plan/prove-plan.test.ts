import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planDiff } from "../../diff/plan.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { Plan, Step } from "../../model/plan.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import { openServer } from "../server/open.ts";
import { requestFor } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { provePlan } from "./prove-plan.ts";
import { unprovedWithRows } from "./unproved-with-rows.ts";

const { signal } = new AbortController();
const planning = { dialect: postgres };
let server: TwinServer;

beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
});
afterAll(async () => {
  await server.close();
});

interface End {
  readonly catalog: Catalog;
  readonly database: TwinDatabase;
}

async function end(sql: string): Promise<End> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  await session.execute(sql);
  const catalog = await introspect(session);
  await session.close();
  return { catalog, database };
}

async function prove(from: End, to: End, plan: Plan, rows = 5): Promise<Proof> {
  return await provePlan({ server, plan, from, to, planning, rows, searchPath: [], signal, progress: silentProgress });
}

const verdicts = (proof: Proof): Record<string, string> =>
  Object.fromEntries(proof.steps.map(({ id, verdict }) => [id, verdict]));
const observed = (proof: Proof, id: string): string => proof.steps.find((one) => one.id === id)?.observed ?? "";

const OLD = `create table task (id bigint generated always as identity primary key, title text not null, done boolean);
  create table note (id integer primary key, task_id bigint references task, body text)`;
const NEW = `create table task (id bigint generated always as identity primary key, title text not null, done boolean, due date);
  create table note (id integer primary key, task_id bigint references task, body text, constraint short check (length(body) < 100000));
  create index note_task on note (task_id); create view open_task as select id, title from task where not done`;

// A step that is not the differ's: whatever is said of it is said here.
function step(sql: string, more: Partial<Step> = {}): Step {
  return {
    sql,
    undo: [],
    irreversible: null,
    cause: null,
    strategy: null,
    phase: "expand",
    transactional: true,
    transaction: 1,
    lockTimeout_ms: null,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    compatible: { old: true, new: true },
    note: null,
    locks: [],
    rewrites: [],
    scans: [],
    losesData: null,
    ...more,
  };
}

const planOf = (...steps: readonly Step[]): Plan => ({
  engine: { name: "postgres", version: "18" },
  steps,
  irreversible: [],
  unreachable: [],
  likelyRenames: [],
  uncompared: [],
});

test("a plan of the differ is walked to its end and back", async () => {
  const [from, to] = [await end(OLD), await end(NEW)];
  const plan = await planDiff(from.catalog, to.catalog, planning);
  const proof = await prove(from, to, plan);
  const { "equal/pg_dump": _dump, ...others } = verdicts(proof);
  const rest = Object.fromEntries(Object.entries(others).filter(([id]) => !id.startsWith("step/")));
  expect(rest).toEqual({
    "build/from": "proved",
    "build/to": "proved",
    "rows/fill": "proved",
    "equal/reader": "proved",
    "equal/catalogs": "proved",
    "re-plan": "proved",
    "rows/survive": "proved",
    "undo/apply": "proved",
    "undo/equal": "proved",
    "undo/rows": "proved",
  });
  expect(proof.twin.depth).toBe("rows");
  expect(proof.steps.filter(({ id }) => id.startsWith("step/"))).toHaveLength(plan.steps.length);
});

test("a partition leaves with its rows, and another comes", async () => {
  const parted = `create table visit (id integer not null, kind text not null) partition by list (kind);
    create table visit_a partition of visit for values in ('a'); create table visit_b partition of visit for values in ('b')`;
  const [from, to] = [
    await end(parted),
    await end(`create table visit (id integer not null, kind text not null) partition by list (kind);
      create table visit_a partition of visit for values in ('a'); create table visit_c partition of visit for values in ('c');
      create table visit_b (id integer not null, kind text not null)`),
  ];
  const proof = await prove(from, to, await planDiff(from.catalog, to.catalog, planning));
  expect(proof.steps.filter(({ verdict }) => verdict === "refuted")).toEqual([]);
  expect(verdicts(proof)["rows/survive"]).toBe("proved");
  expect(Number(/^(\d+) rows/.exec(observed(proof, "rows/survive"))?.[1])).toBeGreaterThan(0);
});

// What steps say of themselves, and what becomes of it.
const LABELS: readonly [name: string, made: Step, verdict: string, seen: RegExp][] = [
  [
    "right",
    step("alter table public.task add column due_1 date", {
      locks: [{ relation: "public.task", mode: "ACCESS EXCLUSIVE" }],
    }),
    "proved",
    /ACCESS EXCLUSIVE on public\.task/,
  ],
  [
    "too weak",
    step("alter table public.task add column due_2 date", { locks: [{ relation: "public.task", mode: "SHARE" }] }),
    "proved",
    /not told by its text alone: it took ACCESS EXCLUSIVE on public\.task; stated: SHARE/,
  ],
  [
    "too strong",
    step("alter table public.task add column due_3 date", {
      locks: [
        { relation: "public.task", mode: "ACCESS EXCLUSIVE" },
        { relation: "public.note", mode: "SHARE" },
      ],
    }),
    "proved",
    /SHARE on public\.note was stated; it took none/,
  ],
  [
    "a rewrite not stated",
    step("alter table public.note alter id type bigint", {
      locks: [{ relation: "public.note", mode: "ACCESS EXCLUSIVE" }],
    }),
    "proved",
    /not told by its text alone: it wrote public\.note anew/,
  ],
  [
    "a scan not stated",
    step("alter table public.note add constraint c_4 check (id > -1)", {
      locks: [{ relation: "public.note", mode: "ACCESS EXCLUSIVE" }],
    }),
    "proved",
    /not told by its text alone: .*it read the whole of public\.note/,
  ],
  [
    "a scan that does not happen",
    step("alter table public.note add constraint c_5 check (id > -1) not valid", {
      locks: [{ relation: "public.note", mode: "ACCESS EXCLUSIVE" }],
      scans: ["public.note"],
    }),
    "proved",
    /did not read the whole/,
  ],
  [
    "outside a transaction",
    step("create index concurrently i on public.note (body)", {
      transactional: false,
      transaction: null,
      locks: [{ relation: "public.note", mode: "SHARE UPDATE EXCLUSIVE" }],
      scans: ["public.note"],
    }),
    "proved",
    /sampled/,
  ],
];

test("labels are held against what the server does", async () => {
  // One after the other, each in a transaction of its own.
  const steps = LABELS.map(([, made], index) => ({
    ...made,
    transaction: made.transaction === null ? null : index + 1,
  }));
  const from = await end(OLD);
  const proof = await prove(from, from, planOf(...steps));
  for (const [index, [name, , verdict, seen]] of LABELS.entries()) {
    const own = proof.steps.find(({ id }) => id === `step/${index + 1}`);
    expect([name, own?.verdict, own?.observed]).toEqual([name, verdict, expect.stringMatching(seen)]);
  }
});

test("rows that are lost without a word refute; those whose loss is stated do not", async () => {
  const from = await end(OLD);
  const silent = await prove(from, from, planOf(step("delete from public.note")));
  expect(verdicts(silent)["rows/survive"]).toBe("refuted");
  expect(observed(silent, "rows/survive")).toMatch(/public\.note had \d+ rows and has 0/);
  const stated = await prove(
    from,
    from,
    planOf(step("delete from public.note", { losesData: "all rows of public.note" })),
  );
  expect(verdicts(stated)["rows/survive"]).toBe("proved");
  const changed = await prove(from, from, planOf(step("update public.note set body = 'x'")));
  expect(observed(changed, "rows/survive")).toMatch(/values of public\.note have changed/);
});

test("where a column that must be written goes, the way back is walked without rows, and that is said", async () => {
  const from = await end(
    "create table task (id int primary key, size int not null, area int generated always as (size * 2) stored)",
  );
  const to = await end("create table task (id int primary key)");
  const plan = await planDiff(from.catalog, to.catalog, planning);
  // Code that no longer knows it may leave it out before what is computed from it goes.
  expect(plan.steps.map(({ sql, phase }) => [phase, sql.split(" ").slice(0, 7).join(" ")])).toEqual([
    ["expand", "ALTER TABLE public.task ALTER COLUMN size DROP"],
    ["expand", "COMMENT ON COLUMN public.task.size IS 'deprecated: dropped"],
    ["contract", "ALTER TABLE public.task DROP COLUMN area"],
    ["contract", "ALTER TABLE public.task DROP COLUMN size"],
  ]);
  const proof = await prove(from, to, plan);
  expect(proof.verdict).toBe("proved");
  expect(verdicts(proof)).toMatchObject({ "undo/apply": "not-run", "undo/equal": "proved" });
  expect(proof.steps.find(({ id }) => id === "undo/apply")?.observed).toMatch(
    /stops where values are missing.*contains null values.*; without rows \d+ statements ran/,
  );
  // What refuses for another reason is refuted as before.
  const broken = plan.steps.map((one, index) => (index === 0 ? { ...one, undo: ["select 1 / 0"] } : one));
  expect((await prove(from, to, { ...plan, steps: broken })).verdict).toBe("refuted");
});

test("an end that differs from TO, an undo that does not undo and a refused step refute", async () => {
  const [from, to] = [await end(OLD), await end(NEW)];
  const wrong = planOf(
    step("alter table public.task add column due timestamp", { undo: ["alter table public.task rename due to late"] }),
  );
  const proof = await prove(from, to, wrong, 0);
  const of = verdicts(proof);
  for (const id of ["equal/reader", "equal/catalogs", "re-plan", "undo/equal"])
    expect([id, of[id]]).toEqual([id, "refuted"]);
  expect(of["rows/fill"]).toBe("not-run");
  const refused = await prove(
    from,
    to,
    planOf(step("select 1"), step("alter table public.gone add x integer"), step("select 2")),
    0,
  );
  expect(verdicts(refused)).toMatchObject({ "step/1": "proved", "step/2": "refuted", "step/3": "not-run" });
  expect(observed(refused, "step/2")).toMatch(/does not exist \(SQLSTATE 42P01\)/);
  const stuck = await prove(from, from, planOf(step("select 1", { undo: null, irreversible: "it cannot" })), 0);
  expect(observed(stuck, "undo/apply")).toBe("step 1 cannot be taken back: it cannot");
});

test("rows satisfy what TO will ask; where none can, that is said and the rest is walked without", async () => {
  const loose = await end(
    "create table task (id int primary key, owner int, email text); create table person (id int)",
  );
  const tight = await end(
    `create table person (id int primary key);
     create table task (id int primary key, owner int not null references person, email text unique, check (owner > 0))`,
  );
  const asked = await prove(loose, tight, await planDiff(loose.catalog, tight.catalog, planning));
  expect(asked.verdict).toBe("proved");
  expect(verdicts(asked)).toMatchObject({ "rows/fill": "proved", "rows/survive": "proved" });
  const required = await end(
    "create table task (id int primary key, owner int, email text, due date not null); create table person (id int)",
  );
  const unfit = await prove(loose, required, await planDiff(loose.catalog, required.catalog, planning));
  expect(unfit.verdict).toBe("proved");
  expect(verdicts(unfit)).toMatchObject({ "rows/fit": "not-run", "rows/fill": "not-run" });
  expect(observed(unfit, "rows/fit")).toContain("due");
  expect(unfit.twin.depth).toBe("schema");
});

test("rows hold of an enum what TO still knows, and what its domains will allow", async () => {
  const from = await end(
    `create type mood as enum ('sad', 'gone', 'fine'); create domain amount as int;
     create table task (id int primary key, mood mood not null, moods mood[], n amount)`,
  );
  const to = await end(
    `create type mood as enum ('fine', 'sad'); create domain amount as int not null check (value between 3 and 9);
     create table task (id int primary key, mood mood not null, moods mood[], n amount)`,
  );
  const plan = await planDiff(from.catalog, to.catalog, planning);
  const proof = await prove(from, to, plan, 40);
  expect(proof.verdict).toBe("proved");
  expect(unprovedWithRows(proof)).toBe(null);
  expect(verdicts(proof)).toMatchObject({ "rows/fill": "proved", "rows/survive": "proved" });
  // The user's rows may hold what these do not.
  expect(plan.steps.map(({ note }) => note)).toContain(
    "rows that hold 'gone' are refused: give them another value first",
  );
});

test("a schema that is filled half-way is not proved with rows, nor refuted for those that are there", async () => {
  const from = await end(
    "create table task (id int primary key, n int not null); create table place (id int primary key references task, at pg_lsn not null)",
  );
  const walked = await prove(from, from, planOf(step("select 1")));
  expect(walked).toMatchObject({ verdict: "proved", twin: { depth: "rows" } });
  expect(verdicts(walked)).toMatchObject({ "rows/fill": "not-run", "rows/survive": "proved" });
  expect(unprovedWithRows(walked)).toMatch(
    /^5 synthetic rows in 1 table, but none in public\.place: .*no values can be generated .* pg_lsn/,
  );
  const refused = await prove(from, from, planOf(step("alter table task add constraint c check (n is null)")));
  expect(verdicts(refused)).toMatchObject({ "rows/fit": "not-run", "step/1": "proved" });
  expect(unprovedWithRows(refused)).toContain("step 1 was refused");
  const nowhere = await end("create table place (at pg_lsn not null)");
  expect(unprovedWithRows(await prove(nowhere, nowhere, planOf(step("select 1"))))).toMatch(/^rows could not be made/);
  // Not wanted, or nothing to fill: nothing is missing.
  for (const [one, rows] of [
    [nowhere, 0],
    [await end("create type colour as enum ('red')"), 5],
  ] as const)
    expect(unprovedWithRows(await prove(one, one, planOf(step("select 1")), rows))).toBe(null);
});

test("what a trigger of the table sets when a step writes its rows is told, and no loss; other values are looked at", async () => {
  const from = await end(
    `create table task (id int primary key, title text, changed_at timestamptz, n int);
     create function stamp() returns trigger language plpgsql as $$begin new.changed_at := clock_timestamp(); return new; end$$;
     create trigger stamp before insert or update on task for each row execute function stamp()`,
  );
  const told = await prove(from, from, planOf(step("update public.task set n = n")));
  expect(told.verdict).toBe("proved");
  expect(observed(told, "rows/survive")).toMatch(/not looked at, .*public\.task\.changed_at by the trigger stamp$/);
  const changed = await prove(from, from, planOf(step("update public.task set title = 'x'")));
  expect(verdicts(changed)["rows/survive"]).toBe("refuted");
  // No step writes rows: all values are looked at.
  const still = await prove(from, from, planOf(step("select 1")));
  expect(observed(still, "rows/survive")).not.toContain("not looked at");
});
