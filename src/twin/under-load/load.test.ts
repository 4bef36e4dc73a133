import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { openServer } from "../server/open.ts";
import { requestFor } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { Load, tryOut } from "./load.ts";
import type { LoadReport } from "./load.ts";
import { statementsOf } from "./statements.ts";
import type { TableWork } from "./statements.ts";

let server: TwinServer;
beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
});
afterAll(async () => {
  await server.close();
});

const TASK = `create table public.task (id bigint generated always as identity primary key, title text not null unique, done boolean)`;
const ROWS = "insert into public.task (title, done) select 'title ' || n, false from generate_series(1, 20) n";

interface Place {
  readonly database: TwinDatabase;
  readonly session: Session;
  readonly work: TableWork;
}

async function place(sql: string): Promise<Place> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  await session.execute(sql);
  const view = viewOf(await introspect(session)).table("public", "task");
  if (view === undefined) throw new Error("the table was not read");
  const spare = Array.from({ length: 8 }, (_, number) => ({ title: `spare ${number}`, done: "t" }));
  const keys = Array.from({ length: 20 }, (_, number) => [number + 1]);
  return { database, session, work: { statements: statementsOf(view), keys, spare } };
}

// Lets clients work on a place, does something meanwhile, and says what they saw and whether rows are as before.
async function underLoad(
  { database, session, work }: Place,
  meanwhile: (load: Load) => Promise<void>,
): Promise<LoadReport> {
  const load = new Load({
    connect: () => connect({ url: database.url("owner") }),
    watcher: await database.connect("admin"),
    writers: 2,
    readers: 1,
    pause_ms: 1,
  });
  try {
    load.mark("before");
    await load.start("old", [work]);
    await delay(50);
    await meanwhile(load);
    load.mark("after");
    await delay(50);
    return await load.finish();
  } finally {
    await load.close();
    await session.close();
    await database.drop();
  }
}

const HOLD = "begin; lock table public.task in access exclusive mode; select pg_sleep(0.3); commit";

test("a block is told with what was going on, and rows are as they were", async () => {
  const here = await place(`${TASK}; ${ROWS}`);
  const sum = "select md5(string_agg(t::text, ',' order by id)) as sum, count(*) as count from public.task t";
  const before = (await here.session.query(sum)).rows;
  let after: readonly unknown[] = [];
  const report = await underLoad(here, async (load) => {
    load.runner = here.session.pid;
    load.mark("locked");
    await here.session.execute(HOLD);
    load.mark("between");
    await load.stop("old");
    after = (await here.session.query(sum)).rows;
  });
  expect(report.errors).toEqual([]);
  expect(report.statements.old).toBeGreaterThan(0);
  expect(after).toEqual(before);
  const longest = report.periods.toSorted((a, b) => b.lockWait_ms - a.lockWait_ms)[0];
  expect(longest).toMatchObject({ label: "locked", blockedCode: "old" });
  expect(longest?.block_ms).toBeGreaterThanOrEqual(longest?.lockWait_ms ?? Number.POSITIVE_INFINITY);
});

test("waits for somebody else than the runner are not laid at its door", async () => {
  const here = await place(`${TASK}; ${ROWS}`);
  const report = await underLoad(here, async (load) => {
    load.mark("locked by another");
    await here.session.execute(HOLD);
  });
  expect(report.periods.map(({ lockWait_ms }) => lockWait_ms)).toEqual([0, 0, 0]);
});

// What is done while clients work, and the error that they see during it.
const TROUBLE: readonly [name: string, sql: string, sqlstate: string | null, message: RegExp][] = [
  [
    "a column is gone",
    "alter table public.task drop column done",
    "42703",
    /column "done"(?: of relation "task")? does not exist/,
  ],
  [
    "what is written is not kept",
    `create function public.keep() returns trigger language plpgsql as $$ begin
       perform pg_notify('x', ''); update public.task set title = title || '!' where id = new.id and pg_trigger_depth() < 2; return null; end $$;
     create trigger keep after update of title on public.task for each row execute function public.keep()`,
    null,
    /read back/,
  ],
];

test.each(TROUBLE)("clients notice that %s", async (_name, sql, sqlstate, message) => {
  const here = await place(`${TASK}; ${ROWS}`);
  const report = await underLoad(here, async (load) => {
    load.mark("trouble");
    await here.session.execute(sql);
    await delay(150);
  });
  const seen = report.errors.find((error) => error.sqlstate === sqlstate);
  expect(seen).toMatchObject({ code: "old" });
  expect(seen?.message).toMatch(message);
  expect(seen?.during).not.toBe("before");
});

test("code is tried without a trace, and its refusal told", async () => {
  const { database, session, work } = await place(`${TASK}; ${ROWS}`);
  expect(await tryOut(session, work)).toBeNull();
  expect((await session.query("select id from public.task where title like 'spare%'")).rows).toEqual([]);
  const { spare } = work;
  const clash = { ...work, spare: spare.map((row) => ({ ...row, title: "title 1" })) };
  expect((await tryOut(session, clash))?.message).toMatch(/duplicate key/);
  await session.close();
  await database.drop();
});
