import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentProgress } from "../../../model/progress.ts";
import type { Proof } from "../../../model/proof.ts";
import type { TwinServer } from "../../../twin/server.ts";
import { RollbackRecords, rollbackKey, rollbackOf } from "../rollback-proof.ts";
import { RUN_DEFAULT } from "../run-context.ts";
import { filesOf, openTestServer, plannedFiles, subjectOn } from "../testing.test-data.ts";
import { chooseMigrations } from "./choice.ts";
import { proveMigrations } from "./prove.ts";
import type { ProveRequest } from "./world.ts";

const { signal } = new AbortController();
let server: TwinServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(async () => {
  await server.close();
});

const BASE = `CREATE TABLE public.task (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, size integer);`;

async function prove(files: Readonly<Record<string, string>>, load = false, rows = 30): Promise<Proof> {
  const migrations = await filesOf({ "1_base.sql": BASE, ...files });
  const choice = await chooseMigrations(migrations, { url: null, from: "1_base", to: null, signal });
  return await proveMigrations(requestFor(choice, load, rows));
}

function requestFor(choice: Pick<ProveRequest, "base" | "pending">, load: boolean, rows: number): ProveRequest {
  return {
    ...choice,
    server,
    rows,
    load,
    calm_ms: 100,
    blockMax_ms: null,
    options: { ...RUN_DEFAULT, retry: { retries: 5, delay_ms: 10, delayMax_ms: 50 } },
    searchPath: [],
    signal,
    progress: silentProgress,
  };
}

interface Case {
  readonly name: string;
  /** What the migration before makes besides. */
  readonly there?: string;
  readonly up: string;
  readonly down?: string;
  readonly load?: true;
  /** Verdicts, and what was observed, of some steps. */
  readonly steps: Readonly<Record<string, readonly [Proof["verdict"], RegExp]>>;
}

const CASES: readonly Case[] = [
  {
    name: "there and back, and under load",
    load: true,
    up: "ALTER TABLE public.task ADD COLUMN due date; CREATE INDEX task_due ON public.task (due)",
    down: "DROP INDEX public.task_due; ALTER TABLE public.task DROP COLUMN due",
    steps: {
      "step/2_change/1": ["proved", /ACCESS EXCLUSIVE on public\.task/],
      "step/2_change/2": ["proved", /no further lock on a table; read public\.task whole/],
      "equal/reader": ["proved", /./],
      "equal/catalogs": ["proved", /./],
      again: ["proved", /nothing was pending/],
      "rows/survive": ["proved", /30 rows of 1 tables/],
      "undo/apply": ["proved", /./],
      "undo/equal": ["proved", /./],
      "undo/rows": ["proved", /./],
      "load/old-code": ["proved", /to the end/],
      "load/new-code": ["proved", /from after step 2_change\/2 on/],
      "load/rows": ["proved", /the same in number and content/],
      "load/undo/apply": ["proved", /1 migrations were taken back/],
      "load/undo/step/2_change/2 to 2_change/1": ["proved", /statements were begun/],
      "load/undo/block": ["proved", /during undo 2_change\/2 to 2_change\/1/],
      "load/undo/old-code": ["proved", /from before the first undoing on/],
      "load/undo/new-code": ["proved", /until undo 2_change\/2/],
      "load/undo/equal": ["proved", /nothing differs/],
      "load/undo/rows": ["proved", /the same in number and content/],
    },
  },
  {
    name: "a step that the server refuses",
    up: "ALTER TABLE public.task ADD COLUMN due date; ALTER TABLE public.nothing ADD COLUMN due date",
    steps: { "step/2_change/2": ["refuted", /does not exist/] },
  },
  {
    name: "rows that change and nothing says so",
    up: "DO $$ BEGIN UPDATE public.task SET title = title || '!'; END $$",
    steps: {
      "rows/survive": ["refuted", /values of public\.task have changed/],
      "undo/apply": ["not-run", /states no undoing/],
    },
  },
  {
    name: "a renamed column keeps its values; what a statement sets is left out",
    up: "ALTER TABLE public.task RENAME COLUMN title TO name; UPDATE public.task SET size = size",
    down: "ALTER TABLE public.task RENAME COLUMN name TO title",
    steps: {
      "rows/survive": ["proved", /30 rows.*not looked at.*values set in public\.task/],
      "undo/rows": ["proved", /30 rows/],
    },
  },
  {
    name: "rows that come; a trigger that marks each row written, there and back",
    there: `CREATE FUNCTION public.mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := clock_timestamp()::text; RETURN NEW; END';
ALTER TABLE public.task ADD COLUMN changed text;
CREATE TRIGGER mark BEFORE UPDATE ON public.task FOR EACH ROW EXECUTE FUNCTION public.mark();`,
    up: "ALTER TABLE public.task RENAME TO job; UPDATE public.job SET size = size; INSERT INTO public.job (title) VALUES ('more')",
    down: "UPDATE public.job SET size = size; ALTER TABLE public.job RENAME TO task",
    steps: {
      "rows/survive": ["proved", /30 rows of 1 tables.*task\.changed by the trigger mark/],
      "undo/rows": ["proved", /task\.changed by the trigger mark/],
    },
  },
  {
    name: "a column that must be written goes, and returns empty",
    up: "ALTER TABLE public.task DROP COLUMN title",
    down: "ALTER TABLE public.task ADD COLUMN title text NOT NULL",
    steps: { "undo/apply": ["not-run", /values are missing that the migrations destroy.*null values/] },
  },
  {
    name: "rows of which some are gone beside those that come",
    up: "INSERT INTO public.task (title) VALUES ('a'), ('b'); DO $$ BEGIN DELETE FROM public.task WHERE id < 3; END $$",
    steps: { "rows/survive": ["refuted", /task/], "undo/apply": ["not-run", /./] },
  },
  {
    name: "an undoing that leaves something behind",
    load: true,
    up: "ALTER TABLE public.task ADD COLUMN due date",
    down: "SELECT 1",
    steps: {
      "load/undo/equal": ["refuted", /due/],
      "load/undo/new-code": ["proved", /./],
      "load/undo/old-code": ["proved", /./],
      "undo/apply": ["proved", /./],
      "undo/equal": ["refuted", /due/],
    },
  },
  {
    name: "rows that do not fit what is asked of them",
    up: "ALTER TABLE public.task ADD COLUMN due date NOT NULL",
    steps: {
      "rows/fit": ["not-run", /synthetic rows/],
      "rows/fill": ["not-run", /./],
      "equal/reader": ["proved", /./],
    },
  },
  {
    name: "old code that fails before the contract phase",
    load: true,
    up: `-- dbwright:step 1 phase=expand loses="the column public.task.size and its values"
ALTER TABLE public.task DROP COLUMN size;`,
    steps: {
      "load/old-code": ["refuted", /old code, \d+ times.*column "size" .*does not exist \(42703\)/],
      "load/new-code": ["proved", /before the first step/],
    },
  },
  {
    name: "code that knows nothing of what is there for the time being",
    load: true,
    there:
      "ALTER TABLE public.task ADD COLUMN dbwright_old_82b0954f_size smallint; CREATE TABLE public.dbwright_part_01a2f6b3 (id bigint PRIMARY KEY, a integer)",
    up: `-- dbwright:step 1 phase=migrate transaction=1
ALTER TABLE public.task DROP COLUMN dbwright_old_82b0954f_size;
-- dbwright:step 2 phase=migrate transaction=1
DROP TABLE public.dbwright_part_01a2f6b3;`,
    steps: { "load/old-code": ["proved", /to the end/], "load/new-code": ["proved", /says the same/] },
  },
  {
    name: "new code that works only when the old has had to stop, there and back",
    load: true,
    up: "ALTER TABLE public.task RENAME COLUMN title TO name",
    down: "ALTER TABLE public.task RENAME COLUMN name TO title",
    steps: {
      "load/undo/old-code": ["refuted", /it worked only from after undo 2_change\/1 on.*in between nobody can work/],
      "load/undo/new-code": ["proved", /until undo 2_change\/1/],
      "load/undo/equal": ["proved", /./],
      "load/old-code": ["proved", /until step 2_change\/1/],
      "load/new-code": ["refuted", /in between nobody can work/],
    },
  },
];

test.each(CASES)("$name", async ({ there, up, down, load, steps }) => {
  const base = there === undefined ? undefined : { "1_base.sql": `${BASE} ${there}` };
  const files = { ...base, "2_change.up.sql": up, ...(down === undefined ? {} : { "2_change.down.sql": down }) };
  const proof = await prove(files, load ?? false);
  for (const [id, [verdict, observed]] of Object.entries(steps)) {
    const step = proof.steps.find((one) => one.id === id);
    expect({ id, verdict: step?.verdict, observed: step?.observed }).toEqual({
      id,
      verdict,
      observed: expect.stringMatching(observed) as string,
    });
  }
  const isRefuted = Object.values(steps).some(([verdict]) => verdict === "refuted");
  expect(proof.verdict).toBe(isRefuted ? "refuted" : "proved");
});

test("a value that moves to another table is looked for there, and back", async () => {
  const files = await plannedFiles(
    server,
    [
      "CREATE TABLE task (id int PRIMARY KEY, title text); CREATE TABLE detail (task_id int PRIMARY KEY REFERENCES task)",
      "CREATE TABLE task (id int PRIMARY KEY); CREATE TABLE detail (task_id int PRIMARY KEY REFERENCES task, title text)",
    ],
    ["task.title=detail.title"],
  );
  const seen = async (all: Readonly<Record<string, string>>, from: string): Promise<Record<string, string>> => {
    const choice = await chooseMigrations(await filesOf(all), { url: null, from, to: null, signal });
    const { steps } = await proveMigrations(requestFor(choice, false, 30));
    return Object.fromEntries(steps.map(({ id, verdict, observed }) => [id, `${verdict}: ${observed}`]));
  };
  const whole = await seen(files, "1_base");
  expect(whole["rows/survive"]).toMatch(/^proved: \d+ rows of 2 tables/);
  expect(whole["undo/rows"]).toMatch(/^proved/);
  // Of a rollout of which all but the end ran, the end is followed by itself.
  const spoilt = Object.entries(files).map(([name, text]) => [
    name,
    name.includes("contract.up") ? `${text}\nDO $$ BEGIN UPDATE public.detail SET title = 'x'; END $$;` : text,
  ]);
  const last = await seen(Object.fromEntries(spoilt) as Record<string, string>, "3_change_migrate");
  expect(last["rows/survive"]).toMatch(/^refuted: .*values of public\.task have changed/);
});

test("what is pending is what a database's history does not hold, and that database is only read", async () => {
  const subject = await subjectOn(server);
  const files = { "1_base.sql": BASE, "2_due.sql": "ALTER TABLE public.task ADD COLUMN due date" };
  const { "1_base.sql": first } = files;
  await subject.up({ "1_base.sql": first });
  const choice = await chooseMigrations(await filesOf(files), { url: subject.url, from: null, to: null, signal });
  expect(choice.base.map(({ id }) => id)).toEqual(["1_base"]);
  expect(choice.pending.map(({ id }) => id)).toEqual(["2_due"]);
  expect(await subject.value("SELECT count(*) FROM dbwright.migration")).toBe("1");
  await subject.close();
});

test("what was seen of the way back stands in the checklist of just these files on just this history", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dbwright-rollback-"));
  const records = new RollbackRecords(dir);
  const files = { "1_base.sql": BASE, "2_due.up.sql": "ALTER TABLE public.task ADD COLUMN due date" };
  const all = { ...files, "2_due.down.sql": "ALTER TABLE public.task DROP COLUMN due" };
  const { base, pending } = await chooseMigrations(await filesOf(all), { url: null, from: null, to: null, signal });
  await records.write(rollbackKey(base, pending), rollbackOf(await prove(all)));
  const subject = await subjectOn(server);
  const told = async (now: Readonly<Record<string, string>>): Promise<string> => {
    const { checklist } = await subject.up(now, { dryRun: true, rollbackTested: records.read });
    const item = checklist.find(({ id }) => id === "rollback-tested");
    return `${item?.verdict}: ${item?.seen}`;
  };
  try {
    expect(await told(all)).toBe("not looked at: rollback not tested: run migrate prove");
    await subject.up({ "1_base.sql": BASE });
    expect(await told(all)).toMatch(/^yes: rollback tested on .+, \d{4}-.*Z, with rows$/);
    expect(await told(files)).toBe("not looked at: rollback not tested: run migrate prove");
  } finally {
    await subject.close();
    rmSync(dir, { recursive: true });
  }
});

test("of a file without statements nothing is examined, and that is said", async () => {
  const proof = await prove({
    "2_nothing.sql": "-- later\n",
    "3_due.sql": "ALTER TABLE public.task ADD COLUMN due date",
  });
  expect(proof.steps.find(({ id }) => id === "empty/2_nothing")).toMatchObject({
    verdict: "not-run",
    observed: "2_nothing.sql holds no statement: nothing was examined",
  });
});

test("a repeatable one that was changed is tried on top of its text before", async () => {
  const subject = await subjectOn(server);
  const view = (text: string): string => `CREATE OR REPLACE VIEW public.short AS SELECT ${text} AS it FROM public.task`;
  const before = { "V1__base.sql": BASE, "R__short.sql": view("title") };
  const after = { ...before, "R__short.sql": view("lower(title)") };
  await subject.up(before);
  const choice = await chooseMigrations(await filesOf(after), { url: subject.url, from: null, to: null, signal });
  expect(choice.base.flatMap(({ steps }) => steps.map(({ sql }) => sql)).at(-1)).toBe(view("title"));
  expect(choice.pending.map(({ steps }) => steps[0]?.sql)).toEqual([view("lower(title)")]);
  await subject.close();
});

const CHOICES: readonly [from: string | null, base: number, pending: readonly string[]][] = [
  [null, 2, ["3_c"]],
  ["1_a", 1, ["2_b", "3_c"]],
  ["3_c", 3, []],
];

test.each(CHOICES)("after %s", async (from, base, pending) => {
  const migrations = await filesOf({ "1_a.sql": "SELECT 1", "2_b.sql": "SELECT 2", "3_c.sql": "SELECT 3" });
  const choice = await chooseMigrations(migrations, { url: null, from, to: null, signal });
  expect([choice.base.length, choice.pending.map(({ id }) => id)]).toEqual([base, pending]);
});
