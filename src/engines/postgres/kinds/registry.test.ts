import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { checkChanges, checkChangesAsAdmin } from "../changes.test-data.ts";
import { postgres } from "../dialect.ts";
import { introspect } from "../introspect.ts";
import { apply, openPlace } from "../testing.test-data.ts";
import type { Place } from "../testing.test-data.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => await place.close());

const F = (header: string, body = "select 1"): string => `CREATE FUNCTION f(${header} AS '${body}';`;
const TG =
  "CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'; CREATE TABLE t (a int, b text);";
const SUM = (rest: string): string => `CREATE AGGREGATE s(x int) (SFUNC = int4pl, STYPE = int${rest});`;
const TS = "CREATE TEXT SEARCH CONFIGURATION c (PARSER = default);";
const OP =
  "CREATE FUNCTION lt(a int, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'select true'; CREATE FUNCTION gt(a text, b int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'select true'; CREATE OPERATOR >> (FUNCTION = gt, LEFTARG = text, RIGHTARG = int);";
const PARTED = `${TG} CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tg();`;

/** From one schema to the other, and what the statements between must look like. */
const CASES: readonly (readonly [what: string, from: string, to: string, sign: RegExp])[] = [
  [
    "a body",
    F("n int) RETURNS int LANGUAGE sql"),
    F("n int) RETURNS int LANGUAGE sql", "select 2"),
    /^CREATE OR REPLACE FUNCTION/,
  ],
  [
    "a language",
    F("n int) RETURNS int LANGUAGE sql"),
    F("n int) RETURNS int LANGUAGE plpgsql", "begin return 1; end"),
    /^CREATE OR REPLACE FUNCTION/,
  ],
  [
    "cost, rows, volatility, parallel, strict, settings",
    F("n int) RETURNS SETOF int LANGUAGE sql COST 7 ROWS 9 SET work_mem = '1MB'"),
    F("n int) RETURNS SETOF int LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 9 ROWS 7"),
    /^CREATE OR REPLACE FUNCTION/,
  ],
  [
    "a default and a name more",
    F("int) RETURNS int LANGUAGE sql"),
    F("n int DEFAULT 1) RETURNS int LANGUAGE sql"),
    /^CREATE OR REPLACE/,
  ],
  ["an aggregate", SUM(""), SUM(", INITCOND = '5', PARALLEL = SAFE"), /^CREATE OR REPLACE AGGREGATE/],
  [
    "values first, between and last",
    "CREATE TYPE e AS ENUM ('c', 'f');",
    "CREATE TYPE e AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g');",
    /'a' BEFORE 'c';\n.*'b' AFTER 'a';\n.*'d' AFTER 'c'/,
  ],
  [
    "values of none",
    "CREATE TYPE e AS ENUM ();",
    "CREATE TYPE e AS ENUM ('a', 'b');",
    /ADD VALUE 'a';\n.*'b' AFTER 'a'/,
  ],
  [
    "attributes",
    "CREATE TYPE c AS (a int, b text, d int);",
    `CREATE TYPE c AS (a bigint, d int, e text COLLATE "C"); COMMENT ON COLUMN c.d IS 'd';`,
    /^ALTER TYPE public\.c DROP ATTRIBUTE b, ALTER ATTRIBUTE a TYPE bigint, ADD ATTRIBUTE e text COLLATE "C";\nCOMMENT/,
  ],
  [
    "an attribute of a type that a table holds",
    "CREATE TYPE c AS (a int); CREATE TABLE t (c c);",
    "CREATE TYPE c AS (a int, b int); CREATE TABLE t (c c);",
    /ADD ATTRIBUTE b integer$/,
  ],
  [
    "a domain",
    "CREATE DOMAIN d AS int DEFAULT 1 CONSTRAINT a CHECK (value > 0); ALTER DOMAIN d ADD CONSTRAINT b CHECK (value > 1) NOT VALID;",
    "CREATE DOMAIN d AS int DEFAULT 2 NOT NULL CONSTRAINT c CHECK (value > 2) CONSTRAINT b CHECK (value > 1); COMMENT ON CONSTRAINT b ON DOMAIN d IS 'b';",
    /SET DEFAULT 2[\s\S]*SET NOT NULL[\s\S]*DROP CONSTRAINT a[\s\S]*VALIDATE CONSTRAINT b[\s\S]*ADD CONSTRAINT c/,
  ],
  [
    "the name of a NOT NULL",
    "CREATE DOMAIN d AS int NOT NULL;",
    "CREATE DOMAIN d AS int CONSTRAINT n NOT NULL; COMMENT ON CONSTRAINT n ON DOMAIN d IS 'n';",
    /^ALTER DOMAIN public\.d RENAME CONSTRAINT d_not_null TO n;\nCOMMENT/,
  ],
  [
    "a multirange's comment",
    "CREATE TYPE r AS RANGE (SUBTYPE = float8);",
    "CREATE TYPE r AS RANGE (SUBTYPE = float8); COMMENT ON TYPE r_multirange IS 'm';",
    /COMMENT ON TYPE public\.r_multirange/,
  ],
  [
    "a trigger, its state and comment kept",
    `${TG} CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tg(); COMMENT ON TRIGGER g ON t IS 'g'; ALTER TABLE t DISABLE TRIGGER g;`,
    `${TG} CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 1) EXECUTE FUNCTION tg('x'); COMMENT ON TRIGGER g ON t IS 'g'; ALTER TABLE t DISABLE TRIGGER g;`,
    /^CREATE OR REPLACE TRIGGER[^;]*;\nALTER TABLE public\.t DISABLE TRIGGER g$/,
  ],
  [
    "a constraint trigger",
    `${TG} CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tg();`,
    `${TG} CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION tg(); COMMENT ON TRIGGER g ON t IS 'g';`,
    /^DROP TRIGGER g ON public\.t;\nCREATE CONSTRAINT TRIGGER/,
  ],
  [
    "a partition's copy of a trigger",
    PARTED,
    `${PARTED} ALTER TABLE p1 DISABLE TRIGGER g; COMMENT ON TRIGGER g ON p1 IS 'c';`,
    /^ALTER TABLE ONLY public\.p1 DISABLE TRIGGER g;\nCOMMENT/,
  ],
  [
    "and back",
    `${PARTED} ALTER TABLE p1 DISABLE TRIGGER g;`,
    `${PARTED} ALTER TABLE p DISABLE TRIGGER g; ALTER TABLE p1 ENABLE TRIGGER g;`,
    /DISABLE TRIGGER g;\nALTER TABLE ONLY public\.p1 ENABLE TRIGGER g$/,
  ],
  [
    "columns of a view",
    `CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; COMMENT ON COLUMN v.a IS 'x';`,
    `CREATE TABLE t (a int); CREATE VIEW v WITH (security_barrier = true) AS SELECT a, a + 1 AS b FROM t; ALTER VIEW v ALTER a SET DEFAULT 5;`,
    /^CREATE OR REPLACE VIEW[\s\S]*SET DEFAULT 5;\nCOMMENT ON COLUMN public\.v\.a IS NULL$/,
  ],
  [
    "options of a view",
    `CREATE TABLE t (a int); CREATE VIEW v WITH (security_barrier = true) AS SELECT a FROM t;`,
    `CREATE TABLE t (a int); CREATE VIEW v WITH (security_invoker = true, check_option = cascaded) AS SELECT a FROM t;`,
    /^ALTER VIEW public\.v SET \([^)]*\);\nALTER VIEW public\.v RESET \(security_barrier\)$/,
  ],
  [
    "a materialised view",
    `CREATE TABLE t (a int, b text); CREATE MATERIALIZED VIEW v AS SELECT * FROM t WITH NO DATA;`,
    `CREATE TABLE t (a int, b text); CREATE MATERIALIZED VIEW v WITH (fillfactor = 50) AS SELECT * FROM t; ALTER MATERIALIZED VIEW v ALTER b SET STORAGE external, ALTER a SET STATISTICS 5;`,
    /REFRESH MATERIALIZED VIEW public\.v/,
  ],
  [
    "a policy",
    "CREATE TABLE t (a int); CREATE POLICY p ON t FOR SELECT TO app USING (a > 1);",
    "CREATE TABLE t (a int); CREATE POLICY p ON t FOR SELECT TO app USING (a > 2);",
    /^ALTER POLICY p ON public\.t\n {2}USING \(\(a > 2\)\)$/,
  ],
  [
    "a rule",
    `${TG} CREATE RULE r AS ON UPDATE TO t DO NOTHING; ALTER TABLE t DISABLE RULE r;`,
    `${TG} CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING; ALTER TABLE t ENABLE ALWAYS RULE r; COMMENT ON RULE r ON t IS 'r';`,
    /^CREATE OR REPLACE RULE[\s\S]*ENABLE ALWAYS RULE r/,
  ],
  [
    "statistics",
    `${TG} CREATE STATISTICS s ON a, b FROM t;`,
    `${TG} CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 9;`,
    /^ALTER STATISTICS public\.s SET STATISTICS 9$/,
  ],
  [
    "mappings of a text search",
    `${TS} ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word, email WITH simple;`,
    `${TS} ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH english_stem, simple; ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR host WITH simple;`,
    /DROP MAPPING FOR email;\n.*ADD MAPPING FOR host WITH[^;]*;\n.*ALTER MAPPING FOR word WITH/,
  ],
  [
    "options of a dictionary",
    "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, stopwords = english);",
    "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, accept = false);",
    /^ALTER TEXT SEARCH DICTIONARY public\.d \(stopwords, accept = 'false'\)$/,
  ],
  [
    "an operator",
    `${OP} CREATE OPERATOR << (FUNCTION = lt, LEFTARG = int, RIGHTARG = text, RESTRICT = eqsel);`,
    `${OP} CREATE OPERATOR << (FUNCTION = lt, LEFTARG = int, RIGHTARG = text, JOIN = eqjoinsel, COMMUTATOR = >>);`,
    /RESTRICT = NONE, JOIN = eqjoinsel, COMMUTATOR = OPERATOR\(public\.>>\)/,
  ],
];

test.for(CASES)("%s", async ([, from, to, sign]) => {
  expect((await checkChanges(place, from, to)).join(";\n")).toMatch(sign);
});

test("members of an operator family", async () => {
  const family = "CREATE OPERATOR FAMILY f USING btree; ALTER OPERATOR FAMILY f USING btree ADD";
  const made = await checkChangesAsAdmin(
    place,
    `${family} OPERATOR 1 < (int4, int8), OPERATOR 2 <= (int4, int8)`,
    `${family} OPERATOR 1 < (int4, int8), OPERATOR 3 = (int4, int8), FUNCTION 1 btint48cmp(int4, int8)`,
  );
  expect(made.join(";\n")).toMatch(/DROP\s+OPERATOR 2[\s\S]*ADD\s+OPERATOR 3[\s\S]*FUNCTION 1/);
});

test("the state of an event trigger", async () => {
  const base =
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end'; CREATE EVENT TRIGGER g ON ddl_command_end EXECUTE FUNCTION e();";
  expect(await checkChangesAsAdmin(place, base, `${base} ALTER EVENT TRIGGER g ENABLE REPLICA;`)).toEqual([
    "ALTER EVENT TRIGGER g ENABLE REPLICA",
  ]);
});

test("other names and schemas", async () => {
  const one = await place.database();
  await one.admin.execute("set search_path = public");
  const ops =
    "operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int4, int4)";
  await one.admin
    .execute(`create schema s; create collation co from "C"; create conversion cv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
    create table t (a int, b int); create statistics st on a, b from t; create rule ru as on update to t do nothing;
    create text search configuration tc (parser = default); create text search dictionary td (template = simple);
    create operator family fa using btree; create operator class cl for type int4 using btree family fa as ${ops};
    create operator === (function = int4eq, leftarg = int, rightarg = int); create aggregate ag(*) (sfunc = int8inc, stype = bigint, initcond = '0');
    create function fe() returns event_trigger language plpgsql as 'begin end'; create event trigger et on sql_drop execute function fe()`);
  const before = await introspect(one.admin);
  const moved = before.objects.filter(({ kind }) => !["schema", "table", "column", "function"].includes(kind));
  expect(moved.map(({ kind }) => kind).toSorted()).toEqual([
    "aggregate",
    "collation",
    "conversion",
    "event-trigger",
    "operator",
    "operator-class",
    "operator-family",
    "rule",
    "statistics",
    "text-search-configuration",
    "text-search-dictionary",
  ]);
  for (const object of moved) {
    const to = {
      ...object,
      name: object.kind === "operator" ? object.name : `${object.name} "2`,
      schema: object.schema === null || object.kind === "rule" ? object.schema : "s",
    };
    await apply(one.admin, postgres.change({ type: "rename", before: object, to }, before));
  }
  const after = await introspect(one.admin);
  const names = (catalog: Catalog, kind: string): string[] =>
    catalog.objects.filter((object) => object.kind === kind).map(({ schema, name }) => `${schema}.${name}`);
  for (const { kind, schema, name } of moved) {
    const stays = kind === "rule" ? "public" : schema === null ? "null" : "s";
    expect(names(after, kind)).toEqual([`${stays}.${kind === "operator" ? name : `${name} "2`}`]);
  }
});

/** What no statement does, and the object must be made anew for. */
const REFUSED: readonly (readonly [what: string, from: string, to: string])[] = [
  ["a result", F("n int) RETURNS int LANGUAGE sql"), F("n int) RETURNS bigint LANGUAGE sql")],
  ["a routine's kind", F("n int) RETURNS int LANGUAGE sql"), "CREATE PROCEDURE f(n int) LANGUAGE sql AS 'select 1'"],
  ["an argument's name", F("n int) RETURNS int LANGUAGE sql"), F("m int) RETURNS int LANGUAGE sql")],
  ["a default less", F("n int = 1) RETURNS int LANGUAGE sql"), F("n int) RETURNS int LANGUAGE sql")],
  [
    "a column of the result",
    F("out n int, out m int) LANGUAGE sql", "select 1, 2"),
    F("out n int, out o int) LANGUAGE sql", "select 1, 2"),
  ],
  [
    "an aggregate's result",
    SUM(""),
    "CREATE AGGREGATE s(x int) (SFUNC = int4_avg_accum, STYPE = int8[], FINALFUNC = int8_avg, INITCOND = '{0,0}')",
  ],
  ["a value less", "CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('a')"],
  ["values in another order", "CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('b', 'a')"],
  ["attributes in another order", "CREATE TYPE c AS (a int, b int)", "CREATE TYPE c AS (b int, a int)"],
  ["an attribute between", "CREATE TYPE c AS (a int, b int)", "CREATE TYPE c AS (a int, c int, b int)"],
  [
    "a stored attribute's type",
    "CREATE TYPE c AS (a int); CREATE DOMAIN d AS c; CREATE TABLE t (x d)",
    "CREATE TYPE c AS (a bigint); CREATE DOMAIN d AS c; CREATE TABLE t (x d)",
  ],
  ["a range", "CREATE TYPE r AS RANGE (SUBTYPE = int)", "CREATE TYPE r AS RANGE (SUBTYPE = bigint)"],
  ["a domain's type", "CREATE DOMAIN d AS int", "CREATE DOMAIN d AS bigint"],
  ["a view's column renamed", "CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW v AS SELECT 1 AS b"],
  ["a view's column less", "CREATE VIEW v AS SELECT 1 AS a, 2 AS b", "CREATE VIEW v AS SELECT 1 AS a"],
  [
    "a materialised view's query",
    "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
    "CREATE MATERIALIZED VIEW v AS SELECT 2 AS a",
  ],
  ["a view that becomes materialised", "CREATE VIEW v AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a"],
  [
    "what statistics are of",
    `${TG} CREATE STATISTICS s ON a, b FROM t`,
    `${TG} CREATE STATISTICS s (mcv) ON a, b FROM t`,
  ],
  ["a collation", 'CREATE COLLATION c FROM "C"', 'CREATE COLLATION c FROM "POSIX"'],
  [
    "an operator's link, once set",
    `${OP} CREATE OPERATOR << (FUNCTION = lt, LEFTARG = int, RIGHTARG = text, COMMUTATOR = >>)`,
    `${OP} CREATE OPERATOR << (FUNCTION = lt, LEFTARG = int, RIGHTARG = text)`,
  ],
];

test.for(REFUSED)("no statement changes %s", async ([, from, to]) => {
  await expect(checkChanges(place, from, to)).rejects.toThrow(UnprintableChange);
});
