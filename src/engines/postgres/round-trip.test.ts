import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DbwrightError } from "../../model/error.ts";
import { postgres } from "./dialect.ts";
import { introspect } from "./introspect.ts";
import { apply, checkRoundTrip, openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

const { ident, literal } = postgres;

// Names that break whoever does not quote: key words, quotes, SQL, line breaks, 63 bytes, other scripts.
const name = fc
  .oneof(
    fc.constantFrom(
      '"; DROP TABLE x; --',
      "select",
      "a'b",
      "a\\b",
      "Über",
      "new\nline",
      "$$",
      "*/",
      "a.b",
      "x".repeat(63),
    ),
    fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom("a", "B", '"', "'", "\\", "$", ".", " ", "é", "好"),
      minLength: 1,
      maxLength: 10,
    }),
  )
  .filter((text) => text !== "" && !text.includes("\0"));

const kinds = [
  { type: "integer", value: "7", check: (column: string): string => `${column} > 0` },
  { type: "text", value: "'it''s'", check: (column: string): string => `length(${column}) < 9` },
  { type: "varchar(20)", value: "'a'", check: (column: string): string => `${column} in ('a', 'b')` },
  { type: "numeric(10,2)", value: "0.10", check: (column: string): string => `${column} between 0 and 9.5` },
  { type: "timestamptz", value: "now()", check: (column: string): string => `${column} > '2020-01-01 00:00+01'` },
  { type: "boolean", value: "true", check: (column: string): string => `${column} is not null or true` },
  { type: "date", value: "current_date", check: (column: string): string => `${column} <> 'infinity'` },
] as const;

const columnOf = fc.record({
  name,
  kind: fc.constantFrom(...kinds),
  notNull: fc.boolean(),
  withDefault: fc.boolean(),
  check: fc.boolean(),
  comment: fc.option(name, { nil: null }),
});

const tableOf = fc.record({
  name,
  columns: fc.uniqueArray(columnOf, { minLength: 1, maxLength: 5, selector: (column) => column.name }),
  key: fc.constantFrom("identity", "serial", "natural", "none"),
  parent: fc.option(fc.nat(5), { nil: null }),
  unique: fc.boolean(),
  index: fc.constantFrom("none", "plain", "expression", "partial"),
  view: fc.boolean(),
  comment: fc.option(name, { nil: null }),
});

type GeneratedTable = typeof tableOf extends fc.Arbitrary<infer Table> ? Table : never;

function columnSql({ name: column, kind, notNull, withDefault, check }: GeneratedTable["columns"][number]): string {
  const quoted = ident(column);
  return [
    quoted,
    kind.type,
    withDefault ? `default ${kind.value}` : "",
    notNull ? "not null" : "",
    check ? `check (${kind.check(quoted)})` : "",
  ].join(" ");
}

// A key column whose name no other column has; 63 bytes are all there is room for.
const KEY = "the key";

function tableSql(table: GeneratedTable, number: number, earlier: readonly GeneratedTable[]): string[] {
  const own = ident(table.name);
  const columns = table.columns.filter((column) => column.name !== KEY);
  const [first] = columns;
  const lines = columns.map(columnSql);
  if (table.key === "identity") lines.unshift(`${ident(KEY)} bigint generated always as identity primary key`);
  if (table.key === "serial") lines.unshift(`${ident(KEY)} bigserial primary key`);
  if (table.key === "natural" && first !== undefined) lines.push(`primary key (${ident(first.name)})`);
  if (table.unique)
    lines.push(`constraint ${ident(`u ${number}`)} unique (${columns.map((one) => ident(one.name)).join(", ")})`);
  const parent = table.parent === null ? undefined : earlier[table.parent];
  if (parent?.key === "identity" || parent?.key === "serial")
    lines.push(`"its parent" bigint references ${ident(parent.name)} on delete cascade`);
  const statements = [`create table ${own} (${lines.join(", ")})`];
  if (table.comment !== null) statements.push(`comment on table ${own} is ${literal(table.comment)}`);
  for (const column of columns)
    if (column.comment !== null)
      statements.push(`comment on column ${own}.${ident(column.name)} is ${literal(column.comment)}`);
  if (first !== undefined) {
    const column = ident(first.name);
    const index = `create index ${ident(`i"${number}`)} on ${own}`;
    if (table.index === "plain") statements.push(`${index} (${column} desc nulls last)`);
    if (table.index === "expression") statements.push(`${index} ((${column} is null), ${column})`);
    if (table.index === "partial") statements.push(`${index} (${column}) where ${first.kind.check(column)}`);
    if (table.view)
      statements.push(
        `create view ${ident(`v'${number}`)} as select ${column} as one, whole as two from ${own} as whole`,
      );
  }
  return statements;
}

const schema = fc
  .uniqueArray(tableOf, { minLength: 1, maxLength: 6, selector: (table) => table.name })
  .map((tables) => tables.flatMap((table, number) => tableSql(table, number, tables.slice(0, number))).join(";\n"));

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

test("any generated schema survives the round trip", async () => {
  await fc.assert(
    fc.asyncProperty(schema, async (sql) => {
      // New databases each time: after a failure fast-check goes on with smaller schemas.
      const [one, two] = [await place.database(), await place.database()];
      try {
        await checkRoundTrip({ ...place, first: one.owner, second: two.owner }, sql);
      } finally {
        for (const session of [one.owner, one.admin, two.owner, two.admin]) await session.close();
        await one.database.drop();
        await two.database.drop();
      }
    }),
    { numRuns: 10 },
  );
});

const EVERYWHERE = `
  create schema s; create type s.mood as enum ('a', 'b'); create domain s.d as text default 'x' not null check (value <> '');
  create table s.t (id bigint generated by default as identity (start 5) primary key, m s.mood not null default 'a',
    d s.d, n numeric(9,2) generated always as (1.5) stored, v varchar(9) check (v in ('p', 'q')), tags text[]);
  alter table s.t alter v set statistics 50, alter tags set storage external;
  create table s.p (k int not null, at date not null, constraint pk primary key (k, at)) partition by range (at);
  create table s.p1 partition of s.p for values from ('2026-01-01') to ('2026-07-01');
  create table s.p2 partition of s.p default; create index on s.p (at desc);
  create table s.c (id serial, t bigint references s.t on delete set null, unique nulls not distinct (t));
  create view s.w with (security_invoker = on) as select id, m from s.t where v in ('p', 'q');
  create materialized view s.mv as select count(*) as n from s.t; create unique index on s.mv (n);
  create function s.f() returns trigger language plpgsql as 'begin return new; end';
  create trigger tr before insert on s.t for each row when (new.v in ('p', 'q')) execute function s.f();
  alter table s.t enable row level security; create policy pol on s.t to app using (m in ('a', 'b'));
  create aggregate s.agg(int) (sfunc = int4pl, stype = int, initcond = '0');
  create type s.r as range (subtype = float8); create type s.comp as (a s.mood, b s.r);
  create collation s.co (provider = icu, locale = 'en-u-ks-level2', deterministic = false);
  create type s.pair as (x int, y int); create function s.lt(s.pair, s.pair) returns boolean language sql immutable as 'select $1.x < $2.x';
  create operator s.<< (function = s.lt, leftarg = s.pair, rightarg = s.pair, restrict = scalarltsel);
  create function s.half(int) returns s.pair language sql immutable as 'select row($1, $1 / 2)::s.pair';
  create cast (int as s.pair) with function s.half(int) as assignment;
  create text search dictionary s.di (template = simple, accept = false);
  create text search configuration s.ts (parser = default); alter text search configuration s.ts add mapping for word, host with s.di, simple;
  create statistics s.st on n, v from s.t; alter statistics s.st set statistics 99;
  create rule ru as on insert to s.w do instead insert into s.t (m) values (new.m); create conversion s.cv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
  create materialized view s.mv2 as select * from s.mv with no data; comment on column s.w.m is 'how';
  grant select on s.t to app; grant usage on schema s to app; revoke execute on function s.f() from public`;

for (const major of [15, 16, 17]) {
  test(`version ${major}: the round trip holds, and the catalog equals version 18's`, async ({ skip }) => {
    const older = await openPlace(major).catch((error: unknown) => {
      if (error instanceof DbwrightError) return skip(error.message);
      throw error;
    });
    try {
      const catalog = await checkRoundTrip(older, EVERYWHERE);
      await place.first.execute(EVERYWHERE);
      const newest = await introspect(place.first);
      await apply(place.first, postgres.drop(newest));
      // 15 qualifies columns in views where later versions see no need to.
      const comparable = newest.objects.map((object) =>
        major === 15 && object.kind === "view" ? { ...object, definition: expect.any(String) } : object,
      );
      expect(catalog.objects).toEqual(comparable);
      expect(catalog.unmodelled).toEqual([]);
    } finally {
      await older.close();
    }
  });
}
