import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Effect } from "../../model/plan.ts";
import { lookupOf } from "./catalog-lookup.ts";
import { effectsOfSql } from "./effects.ts";
import type { SchemaLookup } from "./known-schema.ts";

/*
 * Each statement runs on a server, in a transaction that is taken back; what the server holds in pg_locks, which files
 * it wrote anew and which tables it read whole must be what we claim. Held are the locks above ACCESS SHARE, which
 * the server takes in many places for a moment of reading its own catalog.
 */

const SCHEMA = `
CREATE TABLE customer (id bigint PRIMARY KEY, email varchar(40) NOT NULL, note text);
CREATE TABLE task (
  id bigint PRIMARY KEY, customer_id bigint REFERENCES customer (id), title varchar(40), amount numeric(8,2),
  state text, done boolean, made timestamp(3), small int, code char(4), note text, net cidr, extra jsonb, total int,
  twice int GENERATED ALWAYS AS (small * 2) STORED,
  CONSTRAINT state_there CHECK (state IS NOT NULL),
  CONSTRAINT amount_positive CHECK (amount > 0));
ALTER TABLE task ADD CONSTRAINT title_later CHECK (title <> '') NOT VALID;
CREATE INDEX task_title ON task (title);
CREATE UNIQUE INDEX task_small ON task (small);
CREATE UNIQUE INDEX task_two ON task (id, customer_id);
CREATE TABLE comment (id bigint PRIMARY KEY, task_id bigint NOT NULL REFERENCES task (id) ON DELETE CASCADE, body text);
CREATE TABLE plain (a int, b int NOT NULL, c text);
ALTER TABLE plain ADD CONSTRAINT b_later FOREIGN KEY (b) REFERENCES customer (id) NOT VALID;
CREATE UNIQUE INDEX plain_b ON plain (b);
CREATE UNIQUE INDEX plain_a ON plain (a);
CREATE TABLE event (id bigint NOT NULL, at date NOT NULL, customer_id bigint REFERENCES customer (id)) PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE TABLE event_new (id bigint NOT NULL, at date NOT NULL, customer_id bigint);
CREATE TABLE base (x int); CREATE TABLE heir () INHERITS (base); CREATE TABLE stray (x int);
CREATE DOMAIN price AS numeric; CREATE TABLE priced (p price);
CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE feeling (m mood);
CREATE TABLE seen (customer_id bigint, n int); CREATE VIEW tasks AS SELECT * FROM seen;
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, count(*) AS n FROM seen GROUP BY customer_id;
CREATE UNIQUE INDEX totals_key ON totals (customer_id);
CREATE SEQUENCE ticket;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER watch BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION touched();
CREATE POLICY own ON task USING (true);
CREATE RULE quiet AS ON DELETE TO plain DO INSTEAD NOTHING;
CREATE STATISTICS pair ON a, b FROM plain;
INSERT INTO customer VALUES (1, 'a'), (2, 'b'); INSERT INTO task (id, customer_id, state, small, title, done) VALUES (1, 1, 'new', 1, 't', true);
INSERT INTO comment VALUES (1, 1, ''); INSERT INTO plain VALUES (1, 1, ''); INSERT INTO event VALUES (1, '2020-02-02', 1);
INSERT INTO priced VALUES (1); INSERT INTO base VALUES (1); INSERT INTO heir VALUES (1);
`;

const STATEMENTS = `
ALTER TABLE task ADD COLUMN c int
ALTER TABLE task ADD COLUMN c int NOT NULL DEFAULT 5
ALTER TABLE task ADD COLUMN c timestamptz DEFAULT now()
ALTER TABLE task ADD COLUMN c uuid DEFAULT gen_random_uuid()
ALTER TABLE task ADD COLUMN c float DEFAULT random()
ALTER TABLE task ADD COLUMN c serial
ALTER TABLE task ADD COLUMN c bigint GENERATED ALWAYS AS IDENTITY
ALTER TABLE task ADD COLUMN c int GENERATED ALWAYS AS (small + 1) STORED
ALTER TABLE task ADD COLUMN c int GENERATED ALWAYS AS (small + 1) VIRTUAL
ALTER TABLE task ADD COLUMN c bigint REFERENCES customer (id)
ALTER TABLE task ADD COLUMN c bigint DEFAULT 1 REFERENCES customer (id)
ALTER TABLE task ADD COLUMN c int CHECK (c > 0)
ALTER TABLE task ADD COLUMN c int UNIQUE
ALTER TABLE task ADD COLUMN IF NOT EXISTS title text
ALTER TABLE base ADD COLUMN c int DEFAULT 3
ALTER TABLE event ADD COLUMN c int
ALTER TABLE task DROP COLUMN title
ALTER TABLE task DROP COLUMN customer_id
ALTER TABLE task ALTER COLUMN title TYPE varchar(80)
ALTER TABLE task ALTER COLUMN title TYPE varchar(20)
ALTER TABLE task ALTER COLUMN title TYPE text
ALTER TABLE task ALTER COLUMN title TYPE text USING lower(title)
ALTER TABLE task ALTER COLUMN state TYPE varchar
ALTER TABLE task ALTER COLUMN note TYPE varchar(9)
ALTER TABLE task ALTER COLUMN amount TYPE numeric(12,2)
ALTER TABLE task ALTER COLUMN amount TYPE numeric(12,3)
ALTER TABLE task ALTER COLUMN amount TYPE numeric
ALTER TABLE task ALTER COLUMN made TYPE timestamp(6)
ALTER TABLE task ALTER COLUMN made TYPE timestamp(0)
ALTER TABLE plain ALTER COLUMN a TYPE bigint
ALTER TABLE task ALTER COLUMN total TYPE bigint
ALTER TABLE task ALTER COLUMN code TYPE text
ALTER TABLE task ALTER COLUMN code TYPE char(8)
ALTER TABLE task ALTER COLUMN net TYPE inet
ALTER TABLE task ALTER COLUMN extra TYPE json
ALTER TABLE task ALTER COLUMN customer_id TYPE int
ALTER TABLE task ALTER COLUMN id TYPE int
ALTER TABLE task ALTER COLUMN done SET DEFAULT false
ALTER TABLE task ALTER COLUMN done DROP DEFAULT
ALTER TABLE task ALTER COLUMN done SET NOT NULL
ALTER TABLE task ALTER COLUMN state SET NOT NULL
ALTER TABLE task ALTER COLUMN id SET NOT NULL
ALTER TABLE customer ALTER COLUMN email DROP NOT NULL
ALTER TABLE task ALTER COLUMN title SET STATISTICS 500
ALTER TABLE task ALTER COLUMN title SET (n_distinct = 5)
ALTER TABLE task ALTER COLUMN title SET STORAGE PLAIN
ALTER TABLE task ALTER COLUMN title SET COMPRESSION pglz
ALTER TABLE task ALTER COLUMN twice DROP EXPRESSION
ALTER TABLE task ALTER COLUMN twice SET EXPRESSION AS (small * 3)
ALTER TABLE plain ALTER COLUMN b ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE task ADD CONSTRAINT k CHECK (total > 0)
ALTER TABLE task ADD CONSTRAINT k CHECK (total > 0) NOT VALID
ALTER TABLE task ADD CONSTRAINT k FOREIGN KEY (total) REFERENCES customer (id)
ALTER TABLE task ADD CONSTRAINT k FOREIGN KEY (total) REFERENCES customer (id) NOT VALID
ALTER TABLE event_new ADD CONSTRAINT k FOREIGN KEY (customer_id) REFERENCES customer (id)
ALTER TABLE task ADD CONSTRAINT k UNIQUE (title)
ALTER TABLE task ADD CONSTRAINT k UNIQUE USING INDEX task_small
ALTER TABLE plain ADD PRIMARY KEY (b)
ALTER TABLE plain ADD PRIMARY KEY USING INDEX plain_b
ALTER TABLE plain ADD PRIMARY KEY USING INDEX plain_a
ALTER TABLE task ADD CONSTRAINT k EXCLUDE USING btree (total WITH =)
ALTER TABLE task ADD CONSTRAINT k NOT NULL done
ALTER TABLE task ADD CONSTRAINT k NOT NULL done NOT VALID
ALTER TABLE task ADD CONSTRAINT k NOT NULL state
ALTER TABLE task VALIDATE CONSTRAINT title_later
ALTER TABLE plain VALIDATE CONSTRAINT b_later
ALTER TABLE task VALIDATE CONSTRAINT state_there
ALTER TABLE task DROP CONSTRAINT amount_positive
ALTER TABLE task DROP CONSTRAINT task_customer_id_fkey
ALTER TABLE task DROP CONSTRAINT task_pkey CASCADE
ALTER TABLE task ALTER CONSTRAINT task_customer_id_fkey DEFERRABLE
ALTER TABLE task SET (fillfactor = 70)
ALTER TABLE task SET (user_catalog_table = true)
ALTER TABLE task RESET (fillfactor)
ALTER TABLE stray SET UNLOGGED
ALTER TABLE task CLUSTER ON task_title
ALTER TABLE task ENABLE ROW LEVEL SECURITY
ALTER TABLE task DISABLE TRIGGER watch
ALTER TABLE task REPLICA IDENTITY FULL
ALTER TABLE plain DISABLE RULE quiet
ALTER TABLE stray INHERIT base
ALTER TABLE heir NO INHERIT base
ALTER TABLE event ATTACH PARTITION event_new FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')
ALTER TABLE event DETACH PARTITION event_old
ALTER TABLE task RENAME TO job
ALTER TABLE task RENAME COLUMN title TO name
ALTER TABLE task RENAME CONSTRAINT amount_positive TO positive
ALTER INDEX task_title RENAME TO by_title
ALTER INDEX task_title SET (fillfactor = 70)
ALTER VIEW tasks RENAME TO jobs
ALTER SEQUENCE ticket INCREMENT 5
ALTER SEQUENCE ticket OWNED BY plain.a
CREATE TABLE fresh (id bigint PRIMARY KEY, task_id bigint REFERENCES task (id))
CREATE TABLE fresh (LIKE plain)
CREATE TABLE fresh () INHERITS (base)
CREATE TABLE fresh PARTITION OF event FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')
CREATE TABLE fresh AS SELECT * FROM task
CREATE INDEX i ON task (total)
CREATE INDEX i ON event (id)
CREATE INDEX i ON ONLY event (id)
CREATE INDEX IF NOT EXISTS task_title ON task (title)
CREATE VIEW v AS SELECT task.* FROM task JOIN customer ON customer.id = customer_id
CREATE OR REPLACE VIEW tasks AS SELECT * FROM seen
CREATE MATERIALIZED VIEW v AS SELECT * FROM task
CREATE TRIGGER g BEFORE INSERT ON task FOR EACH ROW EXECUTE FUNCTION touched()
CREATE TRIGGER g BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION touched()
CREATE RULE r AS ON UPDATE TO plain DO INSTEAD NOTHING
CREATE POLICY p ON task USING (true)
ALTER POLICY own ON task USING (false)
CREATE STATISTICS st ON title, state FROM task
COMMENT ON TABLE task IS 'x'
COMMENT ON COLUMN task.title IS 'x'
COMMENT ON CONSTRAINT amount_positive ON task IS 'x'
COMMENT ON INDEX task_title IS 'x'
DROP INDEX task_title
DROP TRIGGER watch ON task
DROP POLICY own ON task
DROP RULE quiet ON plain
DROP TABLE comment
DROP TABLE task CASCADE
DROP TABLE event_old
DROP TABLE heir
DROP TABLE event
DROP VIEW tasks
DROP MATERIALIZED VIEW totals
DROP SEQUENCE ticket
DROP TYPE mood CASCADE
REINDEX INDEX task_title
REINDEX TABLE task
CLUSTER task USING task_title
REFRESH MATERIALIZED VIEW totals
REFRESH MATERIALIZED VIEW CONCURRENTLY totals
TRUNCATE comment
TRUNCATE task CASCADE
ANALYZE task
LOCK TABLE task IN SHARE MODE
ALTER DOMAIN price ADD CHECK (VALUE > 0)
ALTER DOMAIN price SET NOT NULL
ALTER TYPE mood ADD VALUE 'fine'
INSERT INTO task (id, customer_id, state) VALUES (2, 1, 'new')
UPDATE task SET state = 'old'
UPDATE task SET customer_id = 2
UPDATE task SET total = 1 WHERE id = 1
DELETE FROM comment
DELETE FROM customer WHERE id = 2
DELETE FROM task WHERE id = 1
SELECT * FROM task FOR UPDATE
MERGE INTO seen USING task ON n = total WHEN MATCHED THEN UPDATE SET customer_id = 1
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
GRANT SELECT ON task TO reader
`
  .trim()
  .split("\n");

let place: Place;
let owner: Session;
let admin: Session;
let schema: SchemaLookup;

beforeAll(async () => {
  place = await openPlace();
  ({ owner, admin } = await place.database());
  await owner.execute(SCHEMA);
  schema = lookupOf(viewOf(await introspect(owner)));
}, 120_000);

afterAll(() => place.close());

const RELATIONS = `SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, c.relkind AS kind,
    pg_relation_filenode(c.oid) AS file, pg_stat_get_xact_numscans(c.oid)::int AS scans
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'`;

interface Relation {
  readonly oid: number;
  readonly name: string;
  readonly kind: string;
  readonly file: number | null;
  readonly scans: number;
}

const MODES = `SELECT relation AS oid, array_agg(mode) AS modes FROM pg_locks
  WHERE pid = $1 AND granted AND relation IS NOT NULL GROUP BY relation`;

const STRENGTH = ["RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock"];
const STRONG = [...STRENGTH, "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"];
const inWords = (mode: string): string =>
  mode
    .replace(/Lock$/, "")
    .replaceAll(/(?<=.)(?=[A-Z])/g, " ")
    .toUpperCase();

async function observed(sql: string): Promise<Omit<Effect, "losesData">> {
  await owner.execute("BEGIN");
  try {
    const { rows: before } = await owner.query<Relation>(RELATIONS);
    await owner.execute(sql);
    const { rows: locks } = await owner.query<{ oid: number; modes: string[] }>(MODES, [owner.pid]);
    const { rows: after } = await owner.query<Relation>(RELATIONS);
    const now = new Map(after.map((one) => [one.oid, one]));
    const held = new Map(locks.map(({ oid, modes }) => [oid, [modes].flat()]));
    const strongest = ({ oid }: Relation): string | undefined => {
      const modes = held.get(oid) ?? [];
      return STRONG.findLast((mode) => String(modes).includes(mode) && String(modes).split(/[{},]/).includes(mode));
    };
    return {
      locks: before.flatMap((one) => {
        const mode = strongest(one);
        return mode === undefined ? [] : [{ relation: one.name, mode: inWords(mode) as never }];
      }),
      rewrites: before
        .filter((one) => {
          const file = now.get(one.oid)?.file;
          return file != null && file !== one.file;
        })
        .map(({ name }) => name),
      scans: before.filter((one) => (now.get(one.oid)?.scans ?? 0) > one.scans).map(({ name }) => name),
    };
  } finally {
    await owner.execute("ROLLBACK");
  }
}

describe("what a statement does is what the server does", () => {
  test.each(STATEMENTS)("%s", async (sql) => {
    const { rows } = await admin.query<{ name: string; kind: string }>(RELATIONS);
    const kinds = new Map(rows.map(({ name, kind }) => [name, kind]));
    const claimed = await effectsOfSql(sql, { schema, major: 18 });
    const seen = await observed(sql);
    const isIndex = (relation: string): boolean => /^[iI]$/.test(kinds.get(relation) ?? "");
    const named = new Set(claimed.locks.map(({ relation }) => relation));
    const comparable = (effect: Omit<Effect, "losesData">): unknown => ({
      locks: effect.locks
        .filter(({ relation, mode }) => mode !== "ACCESS SHARE" && (!isIndex(relation) || named.has(relation)))
        .map(({ relation, mode }) => `${mode} ${relation}`)
        .toSorted(),
      // TRUNCATE gives the table a new, empty file; an index goes with its table.
      rewrites: sql.startsWith("TRUNCATE")
        ? []
        : effect.rewrites.filter((one) => !isIndex(one) && kinds.get(one) !== "S").toSorted(),
      // Statements on rows plan their own way through a table: only what goes through all of it is claimed.
      // A foreign key looks its customers up by their key, or reads them all, as the planner sees fit.
      scans:
        /^(?:INSERT|SELECT|MERGE|CREATE TABLE fresh AS|CREATE MAT|REFRESH|ANALYZE|DELETE|UPDATE task SET (?:total|customer)|DROP|TRUNCATE)/.test(
          sql,
        )
          ? []
          : effect.scans
              .filter((one) => kinds.get(one) !== "p" && !isIndex(one) && one !== "public.customer")
              .toSorted(),
    });
    expect(comparable(claimed)).toEqual(comparable(seen));
  });
});

/*
 * What may not run in a transaction waits for another one that touched the table, and can be looked at meanwhile. Each
 * of these holds its lock on the table from the start; what it takes on the index at its very end is not seen.
 */
describe("statements that run by themselves", () => {
  test.each([
    "CREATE INDEX CONCURRENTLY i ON task (total)",
    "DROP INDEX CONCURRENTLY task_title",
    "REINDEX INDEX CONCURRENTLY task_small",
    "REINDEX TABLE CONCURRENTLY task",
  ])("%s", async (sql) => {
    const worker = (await place.database()).database;
    const [one, other, watcher] = [
      await worker.connect("owner"),
      await worker.connect("owner"),
      await worker.connect("owner"),
    ];
    try {
      await one.execute(SCHEMA);
      const claimed = await effectsOfSql(sql, { schema, major: 18 });
      await other.execute("BEGIN; UPDATE task SET total = 2");
      const running = one.execute(sql);
      const table = "public.task";
      const claim = claimed.locks.find(({ relation }) => relation === table)?.mode;
      await expect
        .poll(async () => {
          const { rows } = await watcher.query<{ mode: string }>(
            "SELECT mode FROM pg_locks WHERE pid = $1 AND relation = $2::regclass AND mode <> 'AccessShareLock' AND granted",
            [one.pid, table],
          );
          return rows.map(({ mode }) => inWords(mode));
        })
        .toEqual([claim]);
      await other.execute("COMMIT");
      await running;
    } finally {
      for (const session of [one, other, watcher]) await session.close();
    }
  });
});
