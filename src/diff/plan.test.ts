import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { openPlace } from "../engines/postgres/testing.test-data.ts";
import type { Place } from "../engines/postgres/testing.test-data.ts";
import { arbitraryCatalog } from "../formats/arbitrary-catalog.test-data.ts";
import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog } from "../model/catalog.ts";
import { catalogDifferences } from "../twin/prove-plan/equal.ts";
import { runSteps, undoOf } from "../twin/prove-plan/run-steps.ts";
import { planDiff } from "./plan.ts";
import { RELATIVES } from "./relatives.test-data.ts";
import type { Pair } from "./relatives.test-data.ts";

describe("laws", () => {
  test("from a catalog to itself there is nothing to do", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCatalog, fc.boolean(), async (catalog, direct) => {
        const again = catalogOf(catalog.engine, catalog.objects.toReversed());
        const plan = await planDiff(catalog, again, { dialect: postgres, direct });
        expect(plan).toMatchObject({ steps: [], unreachable: [], irreversible: [], likelyRenames: [] });
      }),
      { numRuns: 200 },
    );
  });

  test("a plan is the same whenever it is made", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCatalog, arbitraryCatalog, async (from, to) => {
        const [one, other] = [catalogOf(from.engine, from.objects), catalogOf(to.engine, to.objects.toReversed())];
        const options = { dialect: postgres, direct: true };
        expect(await planDiff(one, other, options)).toEqual(await planDiff(from, to, options));
      }),
      { numRuns: 30 },
    );
  });
});

const PAIRS: Readonly<Record<string, Pair>> = {
  "a view on a column whose type changes is rebuilt around it, with its rights and comment": {
    from: `CREATE TABLE t (a integer, b text); CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'x';
      CREATE VIEW w AS SELECT a + 1 AS c FROM v; GRANT SELECT ON v TO PUBLIC; CREATE VIEW other AS SELECT b FROM t;`,
    to: `CREATE TABLE t (a bigint, b text); CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'x';
      CREATE VIEW w AS SELECT a + 1 AS c FROM v; GRANT SELECT ON v TO PUBLIC; CREATE VIEW other AS SELECT b FROM t;`,
    never: /other/,
  },
  "tables that refer to each other are made": {
    from: "",
    to: `CREATE TABLE a (id integer PRIMARY KEY, b_id integer); CREATE TABLE b (id integer PRIMARY KEY,
      a_id integer REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;`,
  },
  "tables that refer to each other are dropped": {
    from: `CREATE TABLE a (id integer PRIMARY KEY, b_id integer); CREATE TABLE b (id integer PRIMARY KEY,
      a_id integer REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;`,
    to: "",
  },
  "values of an enum are added in place and order": {
    from: "CREATE TYPE e AS ENUM ('b', 'd')",
    to: "CREATE TYPE e AS ENUM ('a', 'b', 'c', 'd', 'e')",
    never: /^(?:DROP|CREATE) TYPE/,
  },
  "an enum loses a value, and what stands on it is carried over": {
    from: `CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (x e NOT NULL DEFAULT 'a', xs e[], CHECK (x <> 'b'));
      CREATE INDEX i ON t (x) WHERE x = 'a'; CREATE VIEW v AS SELECT x FROM t WHERE x = 'a';
      CREATE FUNCTION f(e) RETURNS e LANGUAGE sql AS 'SELECT $1'; INSERT INTO t VALUES ('a', '{a,c}');`,
    to: `CREATE TYPE e AS ENUM ('c', 'a', 'b'); CREATE TABLE t (x e NOT NULL DEFAULT 'a', xs e[], CHECK (x <> 'b'));
      CREATE INDEX i ON t (x) WHERE x = 'a'; CREATE VIEW v AS SELECT x FROM t WHERE x = 'a';
      CREATE FUNCTION f(e) RETURNS e LANGUAGE sql AS 'SELECT $1';`,
    never: /DROP TABLE|DROP COLUMN/,
  },
  "values of a composite type go over by the names of its attributes, in arrays too": {
    from: `CREATE TYPE c AS (a text, b text); CREATE TYPE o AS (c c); CREATE TABLE t (x c, xs c[], y o);
      INSERT INTO t VALUES ('(1,x)', '{"(2,y)"}', '("(3,z)")'), (NULL, NULL, NULL);`,
    to: `CREATE TYPE c AS (n integer, b varchar(9), a integer); CREATE TYPE o AS (c c); CREATE TABLE t (x c, xs c[], y o);`,
    never: /DROP TABLE|DROP COLUMN/,
    back: true,
  },
  "a domain that arrays and materialised views hold asks for more": {
    from: `CREATE DOMAIN d AS text; CREATE TABLE t (x d, xs d[]); CREATE TABLE u (x d);
      CREATE MATERIALIZED VIEW v AS SELECT xs FROM t; CREATE MATERIALIZED VIEW w AS SELECT u FROM u;`,
    to: `CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE TABLE t (x d, xs d[]); CREATE TABLE u (x d);
      CREATE MATERIALIZED VIEW v AS SELECT xs FROM t; CREATE MATERIALIZED VIEW w AS SELECT u FROM u;`,
    never: /DROP TABLE|DROP COLUMN/,
    back: true,
  },
  "a domain that only materialised views hold inside of others stays": {
    from: `CREATE DOMAIN d AS text; CREATE TABLE u (x d); CREATE MATERIALIZED VIEW w AS SELECT u FROM u;`,
    to: `CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE TABLE u (x d); CREATE MATERIALIZED VIEW w AS SELECT u FROM u;`,
    sql: [
      "DROP MATERIALIZED VIEW public.w",
      "ALTER DOMAIN public.d ADD CONSTRAINT d_check CHECK ((VALUE <> ''::text))",
      "CREATE MATERIALIZED VIEW public.w AS\nSELECT u.*::public.u AS u\n   FROM public.u",
    ],
    back: true,
  },
  "an enum that a domain stands on is made anew with it": {
    from: "CREATE TYPE e AS ENUM ('a', 'c', 'b'); CREATE DOMAIN d AS e; CREATE TABLE t (x d); INSERT INTO t VALUES ('b')",
    to: "CREATE TYPE e AS ENUM ('b', 'a'); CREATE DOMAIN d AS e; CREATE TABLE t (x d)",
    never: /DROP TABLE|DROP COLUMN/,
    back: true,
  },
  "an enum is made anew while a domain on it goes, under columns that share a key": {
    from: `CREATE TYPE e AS ENUM ('b', 'a'); CREATE DOMAIN d AS e NOT NULL; CREATE TABLE t (x d NOT NULL, y e, UNIQUE (x, y))`,
    to: "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x text NOT NULL, y e, UNIQUE (x, y))",
    back: true,
  },
  "a key comes once the column that it is on has been exchanged": {
    from: `CREATE TYPE e AS ENUM ('x', 'y'); CREATE TABLE t (a jsonb, b e DEFAULT 'y', PRIMARY KEY (b))`,
    to: `CREATE TYPE e AS ENUM ('y', 'z'); CREATE TABLE t (a e DEFAULT 'z', c text NOT NULL, PRIMARY KEY (a, c))`,
    back: true,
  },
  "rows of a table that is published are written while it has its key": {
    from: `CREATE TABLE t (id date NOT NULL, kind date, PRIMARY KEY (id)); INSERT INTO t VALUES ('2026-01-01', '2026-01-02');
      CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert, update')`,
    to: "CREATE TABLE t (kind varchar(20), id timestamp, PRIMARY KEY (kind))",
  },
  "a function that an index of a copied table calls is made anew": {
    from: `CREATE TABLE t (id integer PRIMARY KEY, a text);
      CREATE FUNCTION f(text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE INDEX i ON t (f(a))`,
    to: `CREATE TABLE t (id integer PRIMARY KEY, a text, g integer GENERATED ALWAYS AS (length(a)) STORED);
      CREATE FUNCTION f(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE INDEX i ON t (f(a))`,
  },
  "a range and its multirange, which has a name of its own, are made anew while their columns stay": {
    from: `CREATE TYPE r AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = m);
      CREATE TABLE t (x r DEFAULT '[1,2)', xs m); INSERT INTO t VALUES ('[1,5)', '{[1,2)}');`,
    to: `CREATE TYPE r AS RANGE (SUBTYPE = bigint, MULTIRANGE_TYPE_NAME = m);
      CREATE TABLE t (x r DEFAULT '[1,2)', xs m);`,
    never: /DROP TABLE|DROP COLUMN/,
    back: true,
    admin: true,
  },
  "a range and the function that makes it canonical come and go together": {
    from: `CREATE TYPE a; CREATE FUNCTION f(a) RETURNS a LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
      CREATE TYPE a AS RANGE (SUBTYPE = integer, CANONICAL = f); CREATE TABLE t (id integer, x a);`,
    to: `CREATE TYPE b; CREATE FUNCTION f(b) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'int8range_canonical';
      CREATE TYPE b AS RANGE (SUBTYPE = bigint, CANONICAL = f); CREATE TABLE t (id integer, y b);
      COMMENT ON TYPE b IS 'x';`,
    back: true,
    admin: true,
  },
  "the storage of a column is set back to that of its domain": {
    from: "CREATE DOMAIN d AS text; CREATE TABLE t (a d, b integer); ALTER TABLE t ALTER a SET STORAGE plain",
    to: "CREATE DOMAIN d AS text; CREATE TABLE t (a d, b integer)",
    sql: ["ALTER TABLE public.t ALTER COLUMN a SET STORAGE EXTENDED"],
  },
  "what a role is granted is taken back before it becomes the owner": {
    from: `CREATE TABLE t (id serial, a integer); GRANT SELECT, INSERT ON t TO app; GRANT UPDATE (a) ON t TO app;
      GRANT USAGE ON SEQUENCE t_id_seq TO app;`,
    to: `CREATE TABLE t (id serial, a integer); GRANT CREATE ON SCHEMA public TO app; ALTER TABLE t OWNER TO app;
      REVOKE CREATE ON SCHEMA public FROM app; GRANT SELECT ON t TO reader; REVOKE DELETE ON t FROM app;`,
    back: true,
    admin: true,
  },
  "the rights of an owner on a column, and the right to pass on what it has anyway, are taken back": {
    from: `CREATE TABLE t (a integer, b integer); GRANT UPDATE (a), SELECT (b) ON t TO app; ALTER TABLE t OWNER TO app;
      CREATE SEQUENCE q; GRANT USAGE ON SEQUENCE q TO app WITH GRANT OPTION; ALTER SEQUENCE q OWNER TO app;`,
    to: `CREATE TABLE t (a integer, b integer); GRANT UPDATE (b), SELECT (b) ON t TO app; ALTER TABLE t OWNER TO app;
      CREATE SEQUENCE q; GRANT USAGE ON SEQUENCE q TO app WITH GRANT OPTION;`,
    back: true,
    admin: true,
  },
  "a computed column is made anew where its values do not convert by themselves, there or back": {
    from: "CREATE TABLE t (a integer, c integer GENERATED ALWAYS AS (a * 2) STORED, d real GENERATED ALWAYS AS (a) STORED)",
    to: "CREATE TABLE t (a integer, c text GENERATED ALWAYS AS (a * 2) STORED, d float8 GENERATED ALWAYS AS (a) STORED)",
    never: /COLUMN d$/,
    back: true,
  },
  "a key leaves a column whose domain is made anew": {
    from: "CREATE DOMAIN d AS text; CREATE TABLE t (a integer NOT NULL, b d NOT NULL, PRIMARY KEY (b))",
    to: "CREATE DOMAIN d AS varchar(9); CREATE TABLE t (a integer NOT NULL, b d NOT NULL, PRIMARY KEY (a))",
    back: true,
  },
  "a function that a default calls is made anew without the column": {
    from: "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a bigint DEFAULT f());",
    to: "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a bigint DEFAULT f());",
    never: /COLUMN a bigint|DROP COLUMN/,
  },
  "a foreign key stands aside while the key it points to is exchanged": {
    from: `CREATE TABLE a (id integer, CONSTRAINT a_id_key UNIQUE (id)); CREATE TABLE b (a_id integer REFERENCES a (id));`,
    to: `CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (a_id integer REFERENCES a (id));`,
  },
  "a serial becomes an identity and an identity a serial": {
    from: "CREATE TABLE t (a serial, b integer GENERATED ALWAYS AS IDENTITY)",
    to: "CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY, b serial)",
  },
  "a table becomes a view of the same name": {
    from: "CREATE TABLE data (a integer); CREATE VIEW q AS SELECT * FROM data",
    to: "CREATE TABLE t_data (a integer); CREATE VIEW data AS SELECT * FROM t_data; CREATE VIEW q AS SELECT * FROM data",
  },
  "the order of columns is no difference": {
    from: "CREATE TABLE t (a integer, b integer)",
    to: "CREATE TABLE t (b integer, a integer)",
    sql: [],
  },
  "a primary key and a unique constraint over one column": {
    from: "",
    to: "CREATE TABLE t (a integer PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);",
  },
  "a function and a table that need each other": {
    from: "",
    to: `CREATE TABLE t (a integer); CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      ALTER TABLE t ADD CHECK (f(t.*) > 0);`,
  },
  "a constraint and an index that say the same get their names": {
    from: `CREATE TABLE t (a integer, b integer, CONSTRAINT old_pk PRIMARY KEY (a), CONSTRAINT old_check CHECK (b > 0));
      CREATE TABLE u (a integer, CONSTRAINT old_fk FOREIGN KEY (a) REFERENCES t); CREATE INDEX old_i ON t (lower(b::text));`,
    to: `CREATE TABLE t (a integer, b integer, CONSTRAINT "New pk" PRIMARY KEY (a), CONSTRAINT new_check CHECK (b > 0));
      CREATE TABLE u (a integer, CONSTRAINT new_fk FOREIGN KEY (a) REFERENCES t); CREATE INDEX new_i ON t (lower(b::text));
      COMMENT ON INDEX new_i IS 'x';`,
    sql: [
      "ALTER TABLE public.t RENAME CONSTRAINT old_check TO new_check",
      'ALTER TABLE public.t RENAME CONSTRAINT old_pk TO "New pk"',
      "ALTER TABLE public.u RENAME CONSTRAINT old_fk TO new_fk",
      "ALTER INDEX public.old_i RENAME TO new_i",
      "COMMENT ON INDEX public.new_i IS 'x'",
    ],
  },
  "names are exchanged": {
    from: "CREATE TABLE t (a integer, b integer); CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)",
    to: "CREATE TABLE t (a integer, b integer); CREATE INDEX j ON t (a); CREATE INDEX i ON t (b)",
  },
  "an identity becomes a serial, which goes on after the rows": {
    from: "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY)",
    to: "CREATE TABLE t (id bigserial NOT NULL)",
    sql: [
      "ALTER TABLE public.t ALTER COLUMN id DROP IDENTITY",
      "CREATE SEQUENCE public.t_id_seq",
      "ALTER SEQUENCE public.t_id_seq OWNED BY public.t.id",
      "SELECT pg_catalog.setval('public.t_id_seq'::pg_catalog.regclass, GREATEST((SELECT max(id) FROM public.t) + 1, 1), false)",
      "ALTER TABLE public.t ALTER COLUMN id SET DEFAULT nextval('public.t_id_seq'::regclass)",
    ],
  },
  "an identity of another type becomes a serial, without a time in which nothing counts": {
    from: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY)",
    to: "CREATE TABLE t (id bigserial NOT NULL)",
    together: true,
  },
  "a function with one more argument that may be left out, and what calls it": {
    from: `CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      CREATE TABLE t (a integer DEFAULT f(1)); CREATE VIEW v AS SELECT f(a) FROM t; CREATE POLICY p ON t USING (f(a) > 0)`,
    to: `CREATE FUNCTION f(a integer, b text DEFAULT 'x') RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      CREATE TABLE t (a integer DEFAULT f(1)); CREATE VIEW v AS SELECT f(a) FROM t; CREATE POLICY p ON t USING (f(a) > 0)`,
    together: true,
    back: true,
  },
  "a partition becomes a table of a type, and the comment on public goes": {
    from: `CREATE TYPE c AS (a integer, b text); CREATE TABLE p (a integer, b text) PARTITION BY LIST (a);
      CREATE TABLE t PARTITION OF p FOR VALUES IN (1); COMMENT ON SCHEMA public IS 'x'`,
    to: `CREATE TYPE c AS (a integer, b text); CREATE TABLE p (a integer, b text) PARTITION BY LIST (a);
      CREATE TABLE t OF c`,
    back: true,
  },
  "a sequence goes over to another table than the one that goes": {
    from: "CREATE TABLE t (id integer); CREATE SEQUENCE s OWNED BY t.id",
    to: "CREATE TABLE other (id text); CREATE SEQUENCE s",
    back: true,
  },
  "another index has the name of a key's": {
    from: "CREATE TABLE t (a integer, b integer); CREATE INDEX k ON t (b)",
    to: "CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a))",
    back: true,
  },
  "the shortest script": {
    from: "CREATE TABLE t (a integer)",
    to: "CREATE TABLE t (a integer NOT NULL, b text DEFAULT 'x'); CREATE INDEX i ON t (b)",
    // Expansions before what old code may meet as a refusal.
    sql: [
      "ALTER TABLE public.t ADD COLUMN b text DEFAULT 'x'::text",
      "CREATE INDEX i ON public.t USING btree (b)",
      "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL",
    ],
  },
};

type Sessions = Pick<Place, "first" | "second">;

// `public` is again as a new database has it.
const SWEEP = `DROP OWNED BY CURRENT_USER CASCADE; DROP SCHEMA public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;
  COMMENT ON SCHEMA public IS 'standard public schema'`;

describe("on a server", () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  }, 120_000);
  afterAll(async () => await place.close());

  async function read({ first, second }: Sessions): Promise<readonly [Catalog, Catalog]> {
    return [await introspect(first), await introspect(second)];
  }

  const cases = Object.entries({ ...PAIRS, ...RELATIVES }).flatMap(([name, pair]) => [
    [`${name}, safely`, pair, false] as const,
    [`${name}, directly`, pair, true] as const,
  ]);
  test.for(cases)("%s", async ([, { from, to, sql, never, together, back, admin = false }, direct]) => {
    for (const session of [place.first, place.second]) await session.execute(SWEEP);
    const sessions = admin ? place.admin : place;
    await sessions.first.execute(`SET search_path = public; SET check_function_bodies = off; ${from}`);
    await sessions.second.execute(`SET search_path = public; SET check_function_bodies = off; ${to}`);
    const [before, wanted] = await read(sessions);
    const options = { dialect: postgres, direct, exactOwners: admin };
    const plan = await planDiff(before, wanted, options);
    const texts = plan.steps.map((step) => step.sql);
    expect(plan.unreachable).toEqual([]);
    if (direct && sql !== undefined) expect(texts).toEqual(sql);
    if (direct && never !== undefined) expect(texts.filter((text) => never.test(text))).toEqual([]);
    if (together) expect(new Set(plan.steps.map(({ transaction }) => transaction)).size).toBe(1);
    await runSteps(sessions.first, plan.steps);
    const [now] = await read(sessions);
    expect(catalogDifferences(now, wanted)).toEqual([]);
    expect((await planDiff(now, wanted, options)).steps).toEqual([]);
    if (back !== true) return;
    const { statements, until } = undoOf(plan.steps);
    expect(until).toBe(-1);
    for (const statement of statements) await sessions.first.execute(statement);
    expect(catalogDifferences((await read(sessions))[0], before)).toEqual([]);
  });
});
