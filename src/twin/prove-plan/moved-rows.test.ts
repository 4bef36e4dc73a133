import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moveRequests } from "../../diff/move-requests.ts";
import { planDiff } from "../../diff/plan.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Plan } from "../../model/plan.ts";
import { silentProgress } from "../../model/progress.ts";
import { openServer } from "../server/open.ts";
import { requestFor } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { provePlan } from "./prove-plan.ts";
import type { PlanEnd } from "./prove-plan.ts";

const { signal } = new AbortController();
const planning = { dialect: postgres };
let server: TwinServer;

beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
});
afterAll(async () => {
  await server.close();
});

async function end(sql: string): Promise<Required<PlanEnd> & { readonly database: TwinDatabase }> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  await session.execute(sql);
  const catalog = await introspect(session);
  await session.close();
  return { catalog, database };
}

/** The verdicts of the proof of a move; `spoil` changes its plan first. */
async function check(
  sql: readonly [from: string, to: string],
  text: string,
  spoil: (plan: Plan) => Plan = (plan) => plan,
): Promise<Readonly<Record<string, string>>> {
  const [from, to] = [await end(sql[0]), await end(sql[1])];
  const moves = moveRequests([{ text, where: "--move" }], from.catalog, to.catalog);
  const plan = spoil(await planDiff(from.catalog, to.catalog, { ...planning, moves }));
  const proof = await provePlan({
    server,
    plan,
    from,
    to,
    planning,
    rows: 20,
    searchPath: [],
    signal,
    progress: silentProgress,
  });
  return Object.fromEntries(proof.steps.map(({ id, verdict, observed }) => [id, `${verdict}: ${observed}`]));
}

const PAIR = [
  "create table task (id integer primary key, title text not null); create table detail (task_id integer primary key references task, body text)",
  "create table task (id integer primary key); create table detail (task_id integer primary key references task, body text, title text not null)",
] as const;

test("values that move are followed there and back, with rows", async () => {
  const seen = await check(PAIR, "task.title=detail.title");
  expect(seen["rows/survive"]).toMatch(/^proved/);
  expect(seen["undo/rows"]).toMatch(/^proved/);
  expect(seen["rows/fit"]).toBeUndefined();
});

test("rows that come to share one are made to hold the same", async () => {
  const seen = await check(
    [
      "create table person (id integer primary key); create table task (id integer primary key, person_id integer references person, name text); create index on task (person_id)",
      "create table person (id integer primary key, name text); create table task (id integer primary key, person_id integer references person); create index on task (person_id)",
    ],
    "task.name=person.name",
  );
  expect(seen["rows/survive"]).toMatch(/^proved/);
  expect(seen["rows/fit"]).toBeUndefined();
});

test("a plan that moves the column and not its values is refuted", async () => {
  const copies = /^(?:UPDATE|INSERT|DO|ALTER TABLE public\.detail ALTER COLUMN title SET NOT NULL)/;
  const seen = await check(
    [PAIR[0], PAIR[1].replace("title text not null", "title text")],
    "task.title=detail.title",
    (plan) => ({ ...plan, steps: plan.steps.filter(({ sql }) => !copies.test(sql)) }),
  );
  expect(seen["equal/reader"]).toMatch(/^proved/);
  expect(seen["rows/survive"]).toMatch(/^refuted: values of public\.task have changed/);
});
