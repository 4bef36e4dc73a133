import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentProgress } from "../../model/progress.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import { loadScript } from "./load.ts";
import type { LoadOptions } from "./load.ts";
import type { LoadReport } from "./report.ts";

const place = playground();
let server: TwinServer;
beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
});
afterAll(async () => {
  await server.close();
  place.remove();
});

interface Loaded {
  readonly report: LoadReport;
  readonly database: TwinDatabase;
  /** One column of a query, as the owner. */
  list(sql: string): Promise<unknown[]>;
}

// Loads a script into a database of its own and hands it to `look`.
async function load(
  script: string,
  look: (loaded: Loaded) => Promise<void> | void,
  options: Partial<LoadOptions> = {},
): Promise<void> {
  const database = await server.createDatabase();
  const signal = new AbortController().signal;
  const report = await loadScript(database, script, {
    file: "a.sql",
    rows: false,
    signal,
    progress: silentProgress,
    ...options,
  });
  const list = async (sql: string): Promise<unknown[]> => {
    const session = await database.connect("owner");
    const { rows } = await session.query<{ it: unknown }>(sql);
    await session.close();
    return rows.map(({ it }) => it);
  };
  await look({ report, database, list });
  await database.drop();
}

const TABLES =
  "select relname as it from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^(pg_|information)' order by 1";

interface Case {
  readonly what: string;
  readonly script: string;
  readonly tables: readonly string[];
  /** `line why`, each matched as a part of the text. */
  readonly skipped?: readonly (readonly [number, string])[];
  readonly failures?: readonly (readonly [number, string])[];
  readonly report?: Partial<LoadReport>;
  readonly rows?: boolean;
}

const DUMP = `\ufeff--\r
\\restrict abc\r
SET statement_timeout = 0;\r
SET transaction_timeout = 0;\r
SET setting_of_a_later_server = 'x';\r
SELECT pg_catalog.set_config('search_path', '', false);\r
CREATE TABLE public.a (id integer NOT NULL, t text);\r
ALTER TABLE public.a OWNER TO somebody;\r
COPY public.a (id, t) FROM stdin;\r
1\tit's ; \\\\.\r
2\t\\N\r
\\.\r
\r
SELECT pg_catalog.setval('public.nothing', 1, true);\r
ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);\r
GRANT SELECT ON TABLE public.a TO "Some Reader";\r
\\unrestrict abc\r
`;

const cases: Case[] = [
  {
    what: "a dump of psql, without its rows",
    script: DUMP,
    tables: ["a"],
    skipped: [[5, "refuses this setting"]],
    report: {
      createdRoles: ["Some Reader"],
      ignored: { rows: 2, ownership: 1, "session settings": 2, maintenance: 0 },
    },
  },
  {
    what: "forward references",
    script:
      "create view v as select * from t;\ncreate table u (t int references t);\ncreate table t (id int primary key);\nalter table x add y int",
    tables: ["t", "u"],
    // The table with the foreign key and the view load at the end; the last statement never does.
    failures: [[4, 'relation "x" does not exist']],
    report: { deferred: 2 },
  },
  {
    what: "what follows from a failure says so",
    script: "create table t (a nonsense);\ncreate index i on t (a);",
    tables: [],
    failures: [
      [1, 'type "nonsense" does not exist'],
      [2, 'relation "t" does not exist'],
    ],
  },
  {
    what: "the line of an error in a long statement",
    script: "\n\ncreate table t (\n  a int,\n  b nonsense\n);",
    tables: [],
    failures: [[5, "nonsense"]],
  },
  {
    what: "an extension that is not at hand",
    script:
      "create extension postgis;\ncreate table place (id int, g public.geometry);\ncreate index on place (id);\ncreate table t (id int);\ncomment on column place.g is 'x'",
    tables: ["t"],
    skipped: [
      [1, "not at hand"],
      [2, "needs the extension postgis"],
      [3, "needs the extension postgis"],
      [5, "needs the extension postgis"],
    ],
    report: { missingExtensions: ["postgis"] },
  },
  {
    what: "an extension the script forgets",
    script: "create table t (a citext)",
    tables: [],
    failures: [[1, "citext"]],
  },
  {
    what: "extensions in a schema of their own, and after it was dropped",
    script:
      "create schema ext;\ncreate extension citext with schema ext version '0.0';\ncreate table t (a ext.citext);\ndrop schema ext cascade;\ncreate schema ext;\ncreate extension citext schema ext;\ncreate table u (a ext.citext)",
    tables: ["t", "u"],
  },
  {
    what: "an extension that is dropped, one that is in use, and one that the superuser alone may make",
    script:
      "create extension citext;\ncreate extension hstore;\ncreate extension pageinspect;\ncreate table t (h hstore);\ndrop extension citext;\ndrop extension if exists pageinspect;\ncreate extension pageinspect;\ndo $$ begin perform 'x'::hstore; exception when others then null; end $$;",
    tables: ["t"],
  },
  {
    what: "databases, roles and tablespaces",
    script:
      "create role a superuser password 'x';\ncreate database b;\n\\connect b\nset default_tablespace = fast;\ncreate table t (id int primary key using index tablespace fast) tablespace fast;\ncreate index i on t (id) tablespace fast;\ngrant a to b;\ngrant all on database b to a;",
    tables: ["t"],
    skipped: [
      [2, "whole server"],
      [7, "memberships"],
      [8, "whole server"],
    ],
    report: { createdRoles: ["a"], databases: ["b"] },
  },
  {
    what: "two databases",
    script: "\\connect a\ncreate table t (id int);\n\\connect b\ncreate table u (id int);",
    tables: ["t", "u"],
    report: { databases: ["a", "b"] },
  },
  {
    what: "roles that a block makes where they do not exist",
    script:
      "do $$ begin if not exists (select from pg_roles where rolname = 'maker') then create role maker; end if; create table t (id int); end $$;\ndo $$ begin execute 'grant select on t to ' || 'taker'; end $$;",
    tables: ["t"],
    report: { createdRoles: ["maker", "taker"] },
  },
  {
    what: "transactions: a failure leaves the rest, a rollback takes it back",
    script:
      "begin;\ncreate table a (id int);\ncreate table b (id nonsense);\ncreate table c (id int);\ncommit;\nbegin;\ncreate table d (id int);\ncreate table e (id nonsense);\nrollback;\nbegin; savepoint s; create table f (id int); rollback to s; create table g (id int); commit;",
    tables: ["a", "c", "g"],
    skipped: [[9, "takes back what it did from line 6"]],
    failures: [[3, "nonsense"]],
  },
  {
    what: "a transaction that does not end",
    script: "begin;\ncreate table a (id int);",
    tables: ["a"],
    failures: [[1, "ends inside the transaction"]],
  },
  {
    what: "drops of what comes later, as pg_dump --clean writes them",
    script:
      "alter table only public.t drop constraint t_pkey;\ndrop table public.t;\ncreate table public.t (id int constraint t_pkey primary key);\ndrop table never_there;",
    tables: ["t"],
    skipped: [
      [1, "nothing to drop yet"],
      [2, "nothing to drop yet"],
    ],
    failures: [[4, "never_there"]],
  },
  {
    what: "psql's variables",
    script:
      "\\set name t\n\\set words 'it''s'\ncreate table :name (a text default :'words', \"b:name\" int, c text default ':name'::text);\ncreate table :\"name\" (x int);\nselect :missing;",
    tables: ["t"],
    failures: [
      [4, "already exists"],
      [5, "syntax error"],
    ],
  },
  {
    what: "conditions, pipes and the end",
    script: "\\if true\n\\! touch /tmp/x\ncreate table a (id int);\n\\q\ncreate table b (id int);",
    tables: ["a"],
    skipped: [
      [1, "conditions"],
      [2, "not carried out"],
    ],
  },
  {
    what: "blocks that need rows",
    script:
      "create table t (id int);\ndo $$ declare x int; begin select id into strict x from t; end $$;\ncreate table u (id int);",
    tables: ["t", "u"],
    skipped: [[2, "works on rows"]],
  },
  {
    what: "rows that are refused: no value in the message",
    script:
      "create table t (id int primary key, c int check (c < 5));\ninsert into t values (1, 1);\ninsert into t values (1, 424242);\ncopy t from stdin;\n2\tsecret\n\\.\n",
    tables: ["t"],
    rows: true,
    failures: [
      [3, "rows were refused: t (t_c_check) (SQLSTATE 23514)"],
      [4, "rows were refused"],
    ],
  },
  {
    what: "bodies of functions are not looked at, and LEAKPROOF is left out",
    script:
      "create function f() returns int language sql leakproof as 'select x from nowhere';\ncreate trigger tr before insert on t for each row execute function g();\ncreate function g() returns trigger language plpgsql as $$ begin return new; end $$;\ncreate table t (id int);",
    tables: ["t"],
    skipped: [[1, "LEAKPROOF"]],
    report: { deferred: 1 },
  },
  {
    what: "what does not parse, in a transaction",
    script:
      "BEGIN;\nCREATE TABLE a (i int);\nCREATE TABLE b (i int nonsense nonsense);\nCREATE TABLE c (i int);\nCOMMIT;\n",
    tables: ["a", "c"],
    failures: [[3, "syntax error"]],
  },
  { what: "nothing", script: "-- nothing\n", tables: [], report: { statements: 0, loaded: 0 } },
];

describe("scripts", () => {
  test.each(cases)(
    "$what",
    async ({ script, tables, skipped = [], failures = [], report: expected = {}, rows = false }) => {
      await load(
        script,
        async ({ report, list }) => {
          expect(report.failures.map(({ line, message }) => [line, message])).toEqual(
            failures.map(([line, message]) => [line, expect.stringContaining(message)]),
          );
          expect(report.skipped.map(({ line, why }) => [line, why])).toEqual(
            skipped.map(([line, why]) => [line, expect.stringContaining(why)]),
          );
          expect(report).toMatchObject(expected);
          expect(await list(TABLES)).toEqual(tables);
          expect(JSON.stringify(report)).not.toMatch(/424242|secret/);
        },
        { rows },
      );
    },
  );

  test("an extension that the script drops is gone", async () => {
    const script =
      "create extension citext; create extension hstore; create extension ltree; drop extension citext, ltree; create table t (l ltree);";
    await load(script, async ({ list }) => {
      // One that is in use stays.
      expect(await list("select extname as it from pg_extension order by 1")).toEqual(["hstore", "ltree", "plpgsql"]);
    });
  });

  test("rows are loaded when wanted", async () => {
    await load(
      `${DUMP.replace("public.nothing", "public.s").replace("CREATE TABLE", "CREATE SEQUENCE public.s;CREATE TABLE")}insert into public.a values (3, 'x');select public.f();`,
      async ({ report, list }) => {
        expect(report.failures.map(({ message }) => message)).toEqual(["function public.f() does not exist"]);
        expect(await list("select id || coalesce(t, '-') as it from a order by id")).toEqual([
          "1it's ; \\.",
          "2-",
          "3x",
        ]);
        expect(await list("select last_value::text as it from s")).toEqual(["1"]);
      },
      { rows: true },
    );
  });
});

describe("hostile scripts", () => {
  const HOSTILE = `
create schema evil;
create table evil.seen (who text);
create function evil.note() returns text language plpgsql as $$ begin insert into evil.seen values (current_user); return 'x'; end $$;
create function evil.current_setting(text) returns text language plpgsql as $$ begin insert into evil.seen values (current_user); return pg_catalog.current_setting($1); end $$;
create function evil.eq(name, name) returns boolean language plpgsql as $$ begin insert into evil.seen values (current_user); return true; end $$;
create operator evil.= (leftarg = name, rightarg = name, function = evil.eq);
grant all on schema evil to public; grant all on evil.seen to public;
do $$ begin execute format('alter database %I set search_path = evil, pg_catalog, public', current_database()); end $$;
create extension hstore;
create extension dblink;
comment on extension hstore is 'a''; drop table evil.seen; --\\';
do $$ begin perform dblink_connect('host=127.0.0.1 user=x password=y'); end $$;
do $$ begin execute 'copy evil.seen from program ''id'''; end $$;
do $$ begin perform pg_read_file('/etc/passwd'); end $$;
do $$ begin execute 'grant pg_execute_server_program to current_user'; end $$;
do $$ begin execute 'set role dbwright_admin'; end $$;
do $$ begin execute 'create event trigger e on ddl_command_end execute function evil.note()'; end $$;
copy evil.seen from program 'id';
copy evil.seen from '/etc/passwd';
set session authorization dbwright_admin;
set role dbwright_admin;
alter role current_user superuser;
grant pg_execute_server_program to current_user;
create server s foreign data wrapper postgres_fdw;
create subscription s connection 'host=127.0.0.1' publication p;
create function evil.c() returns int language c as '/tmp/x.so', 'f';
create table evil.last (id int);`;

  test("nothing of them runs as the administrator", async () => {
    await load(HOSTILE, async ({ report, database, list }) => {
      expect(report.failures).toEqual([]);
      expect(report.skipped.filter(({ why }) => why.includes("rights that a file is not given"))).toHaveLength(7);
      // Again, in a database that is theirs now: extensions are no longer made as the administrator.
      const signal = new AbortController().signal;
      const again = await loadScript(database, "create extension pageinspect; create extension citext;", {
        file: "b.sql",
        rows: true,
        signal,
        progress: silentProgress,
      });
      expect(again.missingExtensions).toEqual(["pageinspect"]);
      const admin = await database.connect("admin");
      // The trap is armed: whoever starts with the database's own search path walks into it.
      await list("select current_setting('server_version') as it");
      await admin.query("select current_setting('server_version')");
      await admin.close();
      expect(new Set(await list("select who as it from evil.seen"))).toEqual(new Set(["dbwright_owner"]));
      expect(
        await list(
          "select rolname as it from pg_roles where rolsuper or (rolname ~ '^pg_' and pg_has_role('dbwright_owner', oid, 'member')) order by 1",
        ),
      ).toEqual(["dbwright_admin", "pg_database_owner"]);
      expect(
        await list(
          "select obj_description(oid, 'pg_extension') as it from pg_extension where extname operator(pg_catalog.=) 'hstore'",
        ),
      ).toEqual(["a'; drop table evil.seen; --\\"]);
    });
  });

  test("a loop without an end ends, even one that catches its cancellation", async () => {
    await load(
      "do $$ begin loop perform pg_sleep(0.01); end loop; end $$;\ncreate table t (id int);",
      async ({ report, list }) => {
        expect(report.failures).toMatchObject([{ line: 1, sqlstate: "57014" }]);
        expect(await list(TABLES)).toEqual(["t"]);
      },
      { statementMax_ms: 300 },
    );
    const deaf =
      "do $$ begin loop begin perform pg_sleep(0.01); exception when query_canceled then null; end; end loop; end $$;";
    await expect(load(`select 1;\n${deaf}`, () => {}, { statementMax_ms: 300 })).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ where: "a.sql:2" }],
    });
  });

  test("an abort ends the statement under way", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("stopped")), 300);
    await expect(load("select pg_sleep(50)", () => {}, { signal: abort.signal })).rejects.toThrow("stopped");
  });

  test("what cannot be split is refused before anything runs", async () => {
    await expect(load("create table t (id int);\nselect 'x", () => {})).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ where: "a.sql:2" }],
    });
  });
});
