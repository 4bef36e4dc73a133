import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { checkStrategy } from "./strategies.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
}, 120_000);
afterAll(async () => await place.close());

const FROM = `CREATE TABLE u (id integer PRIMARY KEY);
  CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL, "c ""x" text NOT NULL DEFAULT 'x', g text GENERATED ALWAYS AS ("c ""x" || '!') STORED, u integer REFERENCES u, CONSTRAINT t_pkey PRIMARY KEY (id));
  CREATE INDEX i ON t ("c ""x"); CREATE VIEW v AS SELECT id, at FROM t; GRANT SELECT, INSERT, UPDATE ON t TO app;`;
const TO = `CREATE TABLE u (id integer PRIMARY KEY);
  CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL, "c ""x" text NOT NULL DEFAULT 'x', g text GENERATED ALWAYS AS ("c ""x" || '!') STORED, u integer REFERENCES u, CONSTRAINT t_pkey PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2020-02-01'); CREATE TABLE t_d PARTITION OF t DEFAULT;
  CREATE INDEX i ON t ("c ""x"); CREATE VIEW v AS SELECT id, at FROM t; GRANT SELECT, INSERT, UPDATE ON t TO app;`;
const ROWS = `INSERT INTO u VALUES (1); INSERT INTO t (at, "c ""x", u) SELECT date '2020-01-01' + n, n, 1 FROM generate_series(1, 60) n;`;
const CODE = [
  "INSERT INTO t (at) VALUES ('2020-01-05') RETURNING id",
  `UPDATE t SET at = at + 40, "c ""x" = 'y'`,
  "DELETE FROM t",
  "SET LOCAL ROLE app; INSERT INTO t (at) VALUES ('2020-01-05'); UPDATE t SET u = NULL",
];

test("a table becomes partitioned with its rows", async () => {
  const steps = await checkStrategy(place, {
    from: FROM,
    to: TO,
    rows: ROWS,
    planned: true,
    strategies: ["partition-table"],
    reads: ["SELECT * FROM t ORDER BY id", "SELECT * FROM t ORDER BY id"],
    old: CODE,
    new: CODE,
  });
  expect(steps.some(({ batch }) => batch?.table === "t" && batch.key.join() === "id")).toBe(true);
});

test("what is written between the steps is in both tables", async () => {
  const counts: unknown[] = [];
  await checkStrategy(place, {
    from: FROM,
    to: TO,
    rows: ROWS,
    planned: true,
    strategies: ["partition-table"],
    writes: (done) => [
      `INSERT INTO t (at, "c ""x") VALUES ('2020-03-01', 'w${done.length}')`,
      `UPDATE t SET at = at + 1 WHERE id = ${(done.length % 50) + 1}`,
      `DELETE FROM t WHERE id = ${done.length + 2}`,
    ],
    during: async (session, done) => {
      const verified = done.some(({ sql }) => sql.startsWith("DO "));
      if (!verified || done.some(({ phase }) => phase === "contract")) return;
      const { rows } = await session.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relname ~ '^dbwright_(part|former)_' AND relkind IN ('r', 'p')",
      );
      const other = rows[0]?.name ?? "";
      const list = `id, at, "c ""x", u`;
      const wrong = await session.query(
        `(SELECT ${list} FROM t EXCEPT SELECT ${list} FROM ${other}) UNION ALL (SELECT ${list} FROM ${other} EXCEPT SELECT ${list} FROM t)`,
      );
      counts.push(wrong.rowCount);
    },
  });
  expect(new Set(counts)).toEqual(new Set([0]));
});

test("a serial goes on counting, with triggers and policies as they were", async () => {
  const table = (key: string, parted: string): string => `CREATE SEQUENCE q;
    CREATE TABLE t (id bigint NOT NULL DEFAULT nextval('q'), at integer NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (${key})) ${parted};
    ALTER SEQUENCE q OWNED BY t.id; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (at > 0);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`;
  const to = `${table("id, at", "PARTITION BY HASH (at)")}
    CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);`;
  await checkStrategy(place, {
    from: table("id", ""),
    to,
    rows: "INSERT INTO t (at) SELECT generate_series(1, 30);",
    planned: true,
    strategies: ["partition-table"],
    reads: ["SELECT * FROM t ORDER BY id", "SELECT * FROM t ORDER BY id"],
    old: ["INSERT INTO t (at) VALUES (7)"],
    new: ["INSERT INTO t (at) VALUES (7)"],
  });
});
