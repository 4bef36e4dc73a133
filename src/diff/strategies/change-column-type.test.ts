import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { isFree } from "./free-type-changes.ts";
import { checkStrategy, runSteps } from "./strategies.test-data.ts";
import type { PlannedStep, StrategyCase } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const ID = ["change-column-type"];

/** What an application writes before every transaction, whichever column takes it. */
const WRITES = (table: string, values: (n: number) => string) => (done: readonly PlannedStep[]) => [
  `INSERT INTO ${table} (id, c, o) VALUES (${values(1000 + done.length)})`,
];

// While both columns are there and filled, they say the same of every row.
const inStep =
  (table: string, column: string, from: string, to: string): NonNullable<StrategyCase["during"]> =>
  async (session: Session, done) => {
    const filled = done.some(({ sql }) => sql.startsWith("DO "));
    const gone = done.some(({ phase }) => phase === "contract");
    if (!filled || gone) return;
    const { rows } = await session.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attname LIKE 'dbwright\\_%' AND NOT attisdropped",
      [table],
    );
    const other = `"${rows[0]?.name ?? ""}"`;
    const cast = rows[0]?.name.startsWith("dbwright_new") === true ? to : from;
    const wrong = await session.query(
      `SELECT FROM ${table} WHERE ${other} IS DISTINCT FROM (${column})::text::${cast}`,
    );
    expect(wrong.rowCount).toBe(0);
  };

// 50 numbers have been given, the last of them to rows that are gone.
async function goesOn(session: Session): Promise<void> {
  await session.execute("BEGIN");
  const { rows } = await session.query<{ id: string }>("INSERT INTO t (o) VALUES ('next') RETURNING id::text");
  await session.execute("ROLLBACK");
  expect(Number(rows[0]?.id)).toBeGreaterThan(50);
}

const T = (type: string, rest = ""): string => `CREATE TABLE t (id integer PRIMARY KEY, c ${type}, o text);${rest}`;
const ROWS = "INSERT INTO t (id, c) SELECT n, n FROM generate_series(1, 50) n;";
const READS = ["SELECT id, c::text, o FROM t ORDER BY 1", "SELECT id, c::text, o FROM t ORDER BY 1"] as const;

const ALL_KINDS = ` CREATE INDEX i ON t (c, o); CREATE INDEX e ON t ((c * 2)) WHERE c > 5; CREATE UNIQUE INDEX u ON t (c DESC) INCLUDE (o);
  ALTER TABLE t ADD CONSTRAINT k UNIQUE (c, id); COMMENT ON INDEX i IS 'i''s'; COMMENT ON COLUMN t.c IS 'c''s';
  ALTER TABLE t ADD CONSTRAINT p CHECK (c > 0 AND o IS DISTINCT FROM 'c'); GRANT SELECT (c), UPDATE (c) ON t TO app;
  ALTER TABLE t ALTER c SET STATISTICS 77;`;

const PARTED = (
  type: string,
): string => `CREATE TABLE p (id ${type} NOT NULL, c integer NOT NULL, o text) PARTITION BY RANGE (c);
  CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
  CREATE TABLE "p 2" PARTITION OF p FOR VALUES FROM (10) TO (1000) PARTITION BY RANGE (c);
  CREATE TABLE p2a PARTITION OF "p 2" FOR VALUES FROM (10) TO (20);
  CREATE TABLE p2b PARTITION OF "p 2" DEFAULT;
  ALTER TABLE p ADD CONSTRAINT "p key" PRIMARY KEY (id, c); CREATE INDEX i ON p (o, id DESC); CREATE UNIQUE INDEX u ON p (id, c, o);
  CREATE INDEX own ON p2a ((id + 1)); CREATE INDEX mid ON "p 2" (id); COMMENT ON COLUMN p1.id IS 'p1''s'; COMMENT ON INDEX i IS 'i''s';
  ALTER TABLE p ADD CONSTRAINT plus CHECK (id > 0); ALTER TABLE p2a ADD CONSTRAINT less CHECK (id < 100000);
  CREATE VIEW v AS SELECT id FROM p2a; GRANT SELECT (id) ON p1 TO app;`;

const HEIRS = (type: string): string => `CREATE TABLE a (id integer PRIMARY KEY, c ${type} NOT NULL DEFAULT 1, o text);
  CREATE TABLE b (PRIMARY KEY (id)) INHERITS (a); CREATE TABLE c (more text) INHERITS (b);
  CREATE INDEX ia ON a (c); CREATE UNIQUE INDEX ib ON b (c, id); ALTER TABLE a ADD CONSTRAINT plus CHECK (c > 0); CREATE VIEW v AS SELECT c, more FROM c;`;

const CASES: readonly (readonly [string, StrategyCase])[] = [
  ["an integer becomes a bigint", { from: T("integer"), to: T("bigint"), rows: ROWS, reads: READS, strategies: ID }],
  [
    "with writes between the steps",
    {
      from: T("integer NOT NULL DEFAULT 7"),
      to: T("bigint NOT NULL DEFAULT 7"),
      rows: ROWS,
      strategies: ID,
      writes: WRITES("t", (n) => `${n}, ${n}, 'w'`),
      during: inStep("t", "c", "integer", "bigint"),
      old: ["INSERT INTO t (id) VALUES (5000)", "UPDATE t SET c = c + 1", "SELECT c FROM t", "DELETE FROM t"],
      new: ["INSERT INTO t (id) VALUES (5000)", "UPDATE t SET c = c + 1", "SELECT c FROM t"],
    },
  ],
  [
    "all kinds of dependents come along",
    {
      from: T("integer NOT NULL", ALL_KINDS),
      to: T("bigint NOT NULL", ALL_KINDS),
      rows: ROWS,
      reads: READS,
      strategies: ID,
    },
  ],
  [
    "an identity, which goes on counting",
    {
      from: "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 3) PRIMARY KEY, o text);",
      to: "CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 3) PRIMARY KEY, o text);",
      rows: "INSERT INTO t (o) SELECT n FROM generate_series(1, 50) n;",
      strategies: ID,
      reads: ["SELECT id::text, o FROM t ORDER BY t.id", "SELECT id::text, o FROM t ORDER BY t.id"],
      old: ["INSERT INTO t (o) VALUES ('x')"],
      new: ["INSERT INTO t (o) VALUES ('x')"],
    },
  ],
  [
    "a serial with its sequence",
    {
      from: "CREATE SEQUENCE q; CREATE TABLE t (id integer NOT NULL DEFAULT nextval('q') PRIMARY KEY, o text); ALTER SEQUENCE q OWNED BY t.id;",
      to: "CREATE SEQUENCE q; CREATE TABLE t (id bigint NOT NULL DEFAULT nextval('q') PRIMARY KEY, o text); ALTER SEQUENCE q OWNED BY t.id;",
      rows: "INSERT INTO t (o) SELECT n FROM generate_series(1, 50) n;",
      strategies: ID,
      reads: ["SELECT id::text, o FROM t ORDER BY t.id", "SELECT id::text, o FROM t ORDER BY t.id"],
      new: ["INSERT INTO t (o) VALUES ('x')"],
    },
  ],
  [
    "a number becomes a serial, which goes on after the rows from the first moment",
    {
      from: "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, o text);",
      to: "CREATE TABLE t (id bigserial PRIMARY KEY, o text);",
      rows: "INSERT INTO t SELECT n, n FROM generate_series(1, 50) n;",
      planned: true,
      strategies: ID,
      old: ["INSERT INTO t (id, o) VALUES (999, 'x')"],
      writes: (done) => (done.some(({ sql }) => / SET DEFAULT /.test(sql)) ? ["INSERT INTO t (o) VALUES ('w')"] : []),
    },
  ],
  [
    "a serial becomes a wider identity, which goes on where the sequence stands",
    {
      from: "CREATE TABLE t (id serial PRIMARY KEY, o text); GRANT USAGE ON SEQUENCE t_id_seq TO app;",
      to: "CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, o text);",
      rows: "INSERT INTO t (o) SELECT n FROM generate_series(1, 50) n; DELETE FROM t WHERE id > 40;",
      planned: true,
      strategies: ID,
      reads: ["SELECT id::text, o FROM t ORDER BY t.id", "SELECT id::text, o FROM t ORDER BY t.id"],
      old: ["INSERT INTO t (o) VALUES ('x')"],
      new: ["INSERT INTO t (o) VALUES ('x')"],
      during: goesOn,
    },
  ],
  [
    "a serial becomes an identity, without a second column",
    {
      from: "CREATE TABLE t (id serial PRIMARY KEY, o text); GRANT USAGE ON SEQUENCE t_id_seq TO app; COMMENT ON SEQUENCE t_id_seq IS 's''s';",
      to: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, o text);",
      rows: "INSERT INTO t (o) SELECT n FROM generate_series(1, 50) n; DELETE FROM t WHERE id > 40;",
      planned: true,
      strategies: ["serial-to-identity"],
      reads: ["SELECT id, o FROM t ORDER BY 1", "SELECT id, o FROM t ORDER BY 1"],
      during: goesOn,
    },
  ],
  [
    "a serial of a partitioned table stays direct, and its partitions lose their default with it",
    {
      from: "CREATE TABLE p (id serial, c integer NOT NULL) PARTITION BY RANGE (c); CREATE TABLE p1 PARTITION OF p DEFAULT;",
      to: "CREATE TABLE p (id integer GENERATED BY DEFAULT AS IDENTITY, c integer NOT NULL) PARTITION BY RANGE (c); CREATE TABLE p1 PARTITION OF p DEFAULT;",
      rows: "INSERT INTO p (c) SELECT n FROM generate_series(1, 9) n;",
      planned: true,
      strategies: [],
      new: ["INSERT INTO p (c) VALUES (1)"],
    },
  ],
  [
    "foreign keys in and out",
    {
      from: "CREATE TABLE a (x varchar(20) PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY, x varchar(20) UNIQUE REFERENCES a ON DELETE CASCADE);",
      to: "CREATE TABLE a (x varchar(12) PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY, x varchar(12) UNIQUE REFERENCES a ON DELETE CASCADE);",
      rows: "INSERT INTO a SELECT n FROM generate_series(1, 50) n; INSERT INTO b SELECT x::int, x FROM a;",
      strategies: ID,
      reads: ["TABLE b ORDER BY 1", "TABLE b ORDER BY 1"],
      old: ["DELETE FROM a", "INSERT INTO a (x) VALUES ('new')"],
      new: ["DELETE FROM a", "INSERT INTO a (x) VALUES ('new')"],
    },
  ],
  [
    "text becomes a number, on a table with a hostile name and the longest column",
    {
      from: `CREATE TABLE "t ""x" (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, "${"c".repeat(62)}'" text COLLATE "C"); CREATE INDEX "i ""x" ON "t ""x" ("${"c".repeat(62)}'");`,
      to: `CREATE TABLE "t ""x" (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, "${"c".repeat(62)}'" numeric(8,2)); CREATE INDEX "i ""x" ON "t ""x" ("${"c".repeat(62)}'");`,
      rows: `INSERT INTO "t ""x" SELECT gen_random_uuid(), n || '.50' FROM generate_series(1, 50) n;`,
      strategies: ID,
      reads: [
        `SELECT id, "${"c".repeat(62)}'"::text AS v FROM "t ""x" ORDER BY 1`,
        `SELECT id, "${"c".repeat(62)}'"::text AS v FROM "t ""x" ORDER BY 1`,
      ],
    },
  ],
  [
    "one enum becomes another",
    {
      from: `CREATE TYPE e1 AS ENUM ('1', '2'); CREATE TYPE "E 2" AS ENUM ('2', '1'); ${T("e1 DEFAULT '1'")}`,
      to: `CREATE TYPE e1 AS ENUM ('1', '2'); CREATE TYPE "E 2" AS ENUM ('2', '1'); ${T(`"E 2" DEFAULT '1'`)}`,
      rows: "INSERT INTO t SELECT 1, '1'; INSERT INTO t SELECT 2, '2';",
      reads: READS,
      strategies: ID,
      new: ["INSERT INTO t (id) VALUES (3)"],
    },
  ],
  [
    "a table without a key, of json, with triggers of its own",
    {
      from: `CREATE TABLE t (c text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.c := NEW.c; RETURN NEW; END'; CREATE TRIGGER later BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();`,
      to: `CREATE TABLE t (c json); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.c := NEW.c; RETURN NEW; END'; CREATE TRIGGER later BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();`,
      rows: `INSERT INTO t SELECT '{"n":' || n || '}' FROM generate_series(1, 9) n;`,
      reads: ["SELECT c::text FROM t ORDER BY 1", "SELECT c::text FROM t ORDER BY 1"],
      strategies: ID,
    },
  ],
  [
    "statistics objects come along",
    {
      from: T(
        "integer",
        "CREATE STATISTICS s (dependencies) ON c, o FROM t; COMMENT ON STATISTICS s IS 's''s'; ALTER STATISTICS s SET STATISTICS 50;",
      ),
      to: T(
        "bigint",
        "CREATE STATISTICS s (dependencies) ON c, o FROM t; COMMENT ON STATISTICS s IS 's''s'; ALTER STATISTICS s SET STATISTICS 50;",
      ),
      rows: ROWS,
      reads: READS,
      strategies: ID,
    },
  ],
  [
    "of a partitioned table, whose partitions have partitions and indexes of their own",
    {
      from: PARTED("integer"),
      to: PARTED("bigint"),
      rows: "INSERT INTO p SELECT n, n, n FROM generate_series(1, 50) n;",
      planned: true,
      strategies: ID,
      reads: ["SELECT id::text, c, o FROM p ORDER BY p.id", "SELECT id::text, c, o FROM p ORDER BY p.id"],
      writes: (done) => [
        `INSERT INTO p (id, c, o) VALUES (${1000 + done.length}, ${done.length}, 'w')`,
        `UPDATE p SET c = c + 20 WHERE id = ${990 + done.length}`,
      ],
      during: inStep("p", "id", "integer", "bigint"),
      old: ["UPDATE p SET id = id + 1 WHERE c < 5; INSERT INTO p (id, c) VALUES (5000, 5); SELECT id FROM p2a"],
      new: ["UPDATE p SET id = id + 1 WHERE c < 5; INSERT INTO p (id, c) VALUES (5000, 5); SELECT id FROM p2a"],
    },
  ],
  [
    "of a partitioned table without a key",
    {
      from: "CREATE TABLE p (id integer, o text DEFAULT 'x') PARTITION BY LIST (o); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('1'); CREATE TABLE p2 PARTITION OF p DEFAULT;",
      to: "CREATE TABLE p (id text, o text DEFAULT 'x') PARTITION BY LIST (o); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('1'); CREATE TABLE p2 PARTITION OF p DEFAULT;",
      rows: "INSERT INTO p SELECT n, n FROM generate_series(1, 50) n;",
      planned: true,
      strategies: ID,
      reads: ["SELECT id::text, o FROM p ORDER BY p.o", "SELECT id::text, o FROM p ORDER BY p.o"],
    },
  ],
  [
    "of a table with children",
    {
      from: HEIRS("integer"),
      to: HEIRS("bigint"),
      rows: "INSERT INTO a SELECT n, n, n FROM generate_series(1, 20) n; INSERT INTO b SELECT n, n, n FROM generate_series(10, 40) n; INSERT INTO c SELECT n, n, n FROM generate_series(30, 50) n;",
      planned: true,
      strategies: ID,
      reads: [
        "SELECT tableoid::regclass::text, id, c::text, o FROM a ORDER BY 1, 2",
        "SELECT tableoid::regclass::text, id, c::text, o FROM a ORDER BY 1, 2",
      ],
      writes: (done) =>
        ["a", "b", "c"].map((t) => `INSERT INTO ${t} (id, c, o) VALUES (${1000 + done.length}, 1, 'w')`),
      during: inStep("a", "c", "integer", "bigint"),
      old: ["UPDATE a SET c = c + 1; DELETE FROM b; INSERT INTO c (id, c) VALUES (5000, 5)"],
      new: ["UPDATE a SET c = c + 1; DELETE FROM b; INSERT INTO c (id, c) VALUES (5000, 5)"],
    },
  ],
  [
    "a table whose row type a function returns stays direct",
    {
      from: T("integer", "CREATE FUNCTION f() RETURNS t LANGUAGE sql AS 'SELECT NULL::public.t';"),
      to: T("bigint", "CREATE FUNCTION f() RETURNS t LANGUAGE sql AS 'SELECT NULL::public.t';"),
      strategies: [],
    },
  ],
  [
    "a free change stays direct",
    { from: T("varchar(10)"), to: T("varchar(20)"), rows: ROWS, reads: READS, strategies: [] },
  ],
];

test.for(CASES)("%s", async ([, one]) => {
  await checkStrategy(place, one);
});

test("a value that cannot be converted fails the backfill, not the application", async () => {
  const { first } = place;
  const steps = await checkStrategy(place, {
    from: T("text"),
    to: T("integer"),
    rows: ROWS,
    reads: READS,
    strategies: ID,
  });
  await first.execute("INSERT INTO t (id, c) VALUES (100, '12x')");
  const swap = steps.findIndex((step) => step.swap === true);
  const prepared = steps.slice(0, swap).filter(({ sql }) => !/^(?:UPDATE|DO) /.test(sql));
  for (const { sql } of prepared) await first.execute(sql);
  await first.execute("INSERT INTO t (id, c) VALUES (101, 'not a number')");
  for (const pattern of [/^UPDATE /, /^DO /]) {
    const sql = steps.find((step) => pattern.test(step.sql))?.sql ?? "";
    await expect(first.execute(sql)).rejects.toThrow(/invalid input syntax/);
  }
});

test("undoing the swap refuses to lose values that the old type cannot hold", async () => {
  const { first } = place;
  const steps = await checkStrategy(place, {
    from: T("integer"),
    to: T("bigint"),
    rows: ROWS,
    reads: READS,
    strategies: ID,
  });
  const contract = steps.findIndex(({ phase }) => phase === "contract");
  await runSteps(first, steps.slice(0, contract));
  await first.execute("INSERT INTO t (id, c) VALUES (100, 3000000000)");
  const undo = steps.find((step) => step.swap === true)?.undo ?? [];
  await expect(first.execute(undo[0] ?? "")).rejects.toThrow(/integer out of range|rows are wrong/);
});

// Each pair is held against the server: a change is free exactly when the table keeps its file.
const PAIRS: readonly (readonly [string, string])[] = [
  ["character varying(5)", "character varying(9)"],
  ["character varying(5)", "text"],
  ["character varying(9)", "character varying(5)"],
  ["text", "character varying"],
  ["text", "character varying(9)"],
  ["character(3)", "text"],
  ["character(3)", "character(4)"],
  ["numeric(6,2)", "numeric(8,2)"],
  ["numeric(6,2)", "numeric(8,3)"],
  ["numeric(6,2)", "numeric"],
  ["numeric", "numeric(6,2)"],
  ["timestamp(2) without time zone", "timestamp(4) without time zone"],
  ["timestamp(2) with time zone", "timestamp with time zone"],
  ["timestamp without time zone", "timestamp(2) without time zone"],
  ["time(1) without time zone", "time without time zone"],
  ["interval(2)", "interval"],
  ["cidr", "inet"],
  ["inet", "cidr"],
  ["bit varying(4)", "bit varying(8)"],
  ["bit(4)", "bit(8)"],
  ["integer", "bigint"],
  ["xml", "text"],
  ["varchar(5)[]", "varchar(9)[]"],
];

test.for(PAIRS)("whether %s to %s is free, the server confirms", async ([from, to]) => {
  const { first } = place;
  await first.execute(`DROP TABLE IF EXISTS free; CREATE TABLE free (c ${from})`);
  const file = "SELECT pg_relation_filenode('free') AS f";
  const before = (await first.query<{ f: number }>(file)).rows[0]?.f;
  await first.execute(`ALTER TABLE free ALTER c TYPE ${to} USING c::${to}`);
  const kept = (await first.query<{ f: number }>(file)).rows[0]?.f === before;
  // Saying of a free change that it is not is safe; the reverse is not.
  if (isFree(from, to)) expect(kept).toBe(true);
});
