import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { moveRequests } from "../move-requests.ts";
import { checkStrategy, runSteps } from "./strategies.test-data.ts";
import type { PlannedStep, StrategyCase } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

/** A case of one move, planned as a whole. */
interface MoveCase extends Omit<StrategyCase, "strategies" | "planned"> {
  readonly move: string;
}

const check = async ({ move, ...one }: MoveCase): Promise<readonly PlannedStep[]> =>
  await checkStrategy(place, { ...one, planned: true, strategies: [], moves: [{ text: move, where: "--move" }] });

const TASK = "CREATE TABLE task (id integer PRIMARY KEY, state integer";
const DETAIL = "CREATE TABLE detail (task_id integer PRIMARY KEY REFERENCES task ON DELETE CASCADE, body text";
const ROWS =
  "INSERT INTO task SELECT n, n % 3, 'title ' || n FROM generate_series(1, 40) n; INSERT INTO detail SELECT n, 'b' FROM generate_series(1, 30) n;";
const READS = [
  "SELECT id, title FROM task ORDER BY 1",
  "SELECT id, title FROM task LEFT JOIN detail ON task_id = id ORDER BY 1",
] as const;

// What both versions of an application see of a row that either has written.
const inStep: NonNullable<StrategyCase["during"]> = async (session: Session, done) => {
  const filled = done.some(({ sql }) => sql.startsWith("DO "));
  if (!filled || done.some(({ phase }) => phase === "contract")) return;
  const { rowCount } = await session.query(
    "SELECT FROM task JOIN detail ON task_id = id WHERE detail.title IS DISTINCT FROM task.title",
  );
  expect(rowCount).toBe(0);
};

const CASES: readonly (readonly [string, MoveCase])[] = [
  [
    "to a table that has a row for each, with rows missing",
    {
      from: `${TASK}, title text NOT NULL); CREATE INDEX by_title ON task (title); GRANT SELECT (title) ON task TO app; ${DETAIL});`,
      to: `${TASK}); ${DETAIL}, title text NOT NULL);`,
      rows: ROWS,
      reads: READS,
      during: inStep,
      move: "task.title=detail.title",
      old: [
        "INSERT INTO task (id, title) VALUES (100, 'x'); INSERT INTO detail (task_id, body) VALUES (100, 'y'); UPDATE task SET title = 'z' WHERE id = 100; DELETE FROM detail WHERE task_id = 100; DELETE FROM task WHERE id = 100",
        "UPDATE task SET title = title || '!'; SELECT title FROM task",
      ],
      new: [
        "INSERT INTO task (id) VALUES (100); INSERT INTO detail (task_id, title) VALUES (100, 'y'); UPDATE detail SET title = 'z' WHERE task_id = 100; DELETE FROM task WHERE id = 100",
      ],
    },
  ],
  [
    "to a table that the plan makes",
    {
      from: `${TASK}, title text);`,
      to: `${TASK}); CREATE TABLE detail (task_id integer PRIMARY KEY REFERENCES task, title text NOT NULL);`,
      rows: "INSERT INTO task SELECT n, n % 3, nullif('title ' || n, 'title 7') FROM generate_series(1, 40) n;",
      reads: READS,
      during: inStep,
      move: "public.task.title=public.detail.title",
      old: [
        "INSERT INTO task (id, title) VALUES (100, 'x'); UPDATE task SET title = NULL WHERE id = 100; UPDATE task SET title = 'z'; DELETE FROM task",
      ],
      new: [
        "INSERT INTO task (id) VALUES (100); INSERT INTO detail VALUES (100, 'y'); UPDATE detail SET title = 'z'; DELETE FROM detail; DELETE FROM task",
      ],
    },
  ],
  [
    "along the foreign key, and a view that reads it",
    {
      from: "CREATE TABLE detail (id integer PRIMARY KEY, body text); CREATE TABLE task (id integer PRIMARY KEY, detail_id integer NOT NULL REFERENCES detail, title varchar(20)); CREATE INDEX ON task (detail_id); CREATE VIEW v AS SELECT id, title FROM task;",
      to: "CREATE TABLE detail (id integer PRIMARY KEY, body text, title varchar(20) DEFAULT 'none'); CREATE TABLE task (id integer PRIMARY KEY, detail_id integer NOT NULL REFERENCES detail); CREATE INDEX ON task (detail_id); CREATE VIEW v AS SELECT t.id, d.title FROM task t JOIN detail d ON d.id = t.detail_id;",
      rows: "INSERT INTO detail SELECT n FROM generate_series(1, 10) n; INSERT INTO task SELECT n, n % 10 + 1, 'title ' || (n % 10) FROM generate_series(1, 40) n;",
      reads: ["TABLE v ORDER BY 1", "TABLE v ORDER BY 1"],
      move: "task.title=detail.title",
      old: ["SELECT title FROM v; INSERT INTO task VALUES (100, 1, 'title 0')"],
      new: ["SELECT title FROM v; UPDATE detail SET title = 'other'; INSERT INTO task (id, detail_id) VALUES (100, 1)"],
    },
  ],
  [
    "by columns that are stated, of names that need quotes",
    {
      from: `CREATE TABLE "a ""x" (k uuid DEFAULT gen_random_uuid() PRIMARY KEY, "n o" integer NOT NULL UNIQUE, "v'" json); CREATE TABLE b (k uuid DEFAULT gen_random_uuid() PRIMARY KEY, m integer NOT NULL UNIQUE);`,
      to: `CREATE TABLE "a ""x" (k uuid DEFAULT gen_random_uuid() PRIMARY KEY, "n o" integer NOT NULL UNIQUE); CREATE TABLE b (k uuid DEFAULT gen_random_uuid() PRIMARY KEY, m integer NOT NULL UNIQUE, "w on" json);`,
      rows: `INSERT INTO "a ""x" ("n o", "v'") SELECT n, '{"n":1}' FROM generate_series(1, 9) n; INSERT INTO b (m) SELECT n FROM generate_series(1, 5) n;`,
      reads: [
        `SELECT "n o", "v'"::text AS v FROM "a ""x" ORDER BY 1`,
        `SELECT m AS "n o", "w on"::text AS v FROM b ORDER BY 1`,
      ],
      move: `public."a ""x"."v'"=public.b."w on" on b.m = "n o"`,
    },
  ],
];

test.for(CASES)("a column moves %s", async ([, one]) => {
  const steps = await check(one);
  expect(steps.some(({ strategy }) => strategy === "move-column")).toBe(true);
  expect(steps.filter(({ losesData }) => (losesData ?? null) !== null)).toEqual([]);
});

test("rows that share one row and hold different values stop the plan before the contract phase", async () => {
  const { first } = place;
  const steps = await check({
    from: "CREATE TABLE person (id integer PRIMARY KEY); CREATE TABLE task (id integer PRIMARY KEY, person_id integer REFERENCES person, name text); CREATE INDEX ON task (person_id);",
    to: "CREATE TABLE person (id integer PRIMARY KEY, name text); CREATE TABLE task (id integer PRIMARY KEY, person_id integer REFERENCES person); CREATE INDEX ON task (person_id);",
    move: "task.name=person.name",
  });
  await first.execute("INSERT INTO person VALUES (1); INSERT INTO task VALUES (1, 1, 'a'), (2, 1, 'b')");
  const contract = steps.findIndex(({ phase }) => phase === "contract");
  await expect(runSteps(first, steps.slice(0, contract))).rejects.toThrow(/the values of 1 rows would be lost/);
});

test("values without a row to go to, which cannot be made, stop the plan in the contract phase", async () => {
  const { first } = place;
  const steps = await check({
    from: `${TASK}, title text); ${DETAIL}, owner text NOT NULL);`,
    to: `${TASK}); ${DETAIL}, owner text NOT NULL, title text);`,
    move: "task.title=detail.title",
  });
  await first.execute("INSERT INTO task VALUES (1, 1, 'a')");
  const contract = steps.findIndex(({ phase }) => phase === "contract");
  await runSteps(first, steps.slice(0, contract));
  await expect(runSteps(first, steps.slice(contract))).rejects.toThrow(/the values of 1 rows would be lost/);
  const { rows } = await first.query("SELECT title FROM task");
  expect(rows).toEqual([{ title: "a" }]);
});

const PAIR = [`${TASK}, title text); ${DETAIL});`, `${TASK}); ${DETAIL}, title text);`] as const;

const REFUSED: readonly (readonly [string, string, readonly [from: string, to: string], RegExp])[] = [
  ["is not one", "task.title", PAIR, /names no column and its new place/],
  ["names a column that is not there", "task.name=detail.title", PAIR, /FROM has no column name in task/],
  ["goes nowhere", "task.title=detail.name", PAIR, /TO has no column name in detail/],
  ["is in TO still", "task.state=detail.title", PAIR, /TO still has task\.state/],
  ["stays in its table", "task.title=task.name", PAIR, /both columns are of one table/],
  [
    "changes its type",
    "task.title=detail.title",
    [PAIR[0], `${TASK}); ${DETAIL}, title integer);`],
    /the type changes from text to integer/,
  ],
  [
    "has no key to follow",
    "task.title=other.title",
    [
      `${PAIR[0]} CREATE TABLE other (id integer PRIMARY KEY);`,
      `${PAIR[1]} CREATE TABLE other (id integer PRIMARY KEY, title text);`,
    ],
    /no foreign key joins task and other/,
  ],
  [
    "is joined many to many",
    "task.title=detail.title on state=body",
    [
      `${TASK}, title text); CREATE TABLE detail (body integer); CREATE INDEX ON detail (body);`,
      `${TASK}); CREATE TABLE detail (body integer, title text); CREATE INDEX ON detail (body);`,
    ],
    /many to many/,
  ],
  [
    "is joined without an index",
    "task.title=detail.title",
    [
      `${TASK}, title text); CREATE TABLE detail (task_id integer REFERENCES task);`,
      `${TASK}); CREATE TABLE detail (task_id integer REFERENCES task, title text);`,
    ],
    /no index of detail begins with task_id/,
  ],
];

test.for(REFUSED)("a move that %s is refused", async ([, text, [from, to], message]) => {
  const { first, second } = place;
  for (const session of [first, second]) await session.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await first.execute(from);
  await second.execute(to);
  const [before, after] = [await introspect(first), await introspect(second)];
  expect(() => moveRequests([{ text, where: "--move" }], before, after)).toThrow(message);
});
