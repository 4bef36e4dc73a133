import fc from "fast-check";
import { describe, test } from "vitest";
import { sqlite } from "./dialect.ts";
import { checkRoundTrip, roundTrips } from "./testing.test-data.ts";

const { ident, literal } = sqlite;

describe("tables and columns", () => {
  roundTrips([
    { name: "nothing", sql: "" },
    {
      name: "the rowid as an identity",
      sql: "create table t (id INTEGER PRIMARY KEY, a)",
      has: [
        { kind: "column", name: "id", type: "integer", notNull: true, identity: expect_identity() },
        { kind: "column", name: "a", type: "", notNull: false, identity: null },
        { kind: "constraint", name: "t_pkey", definition: "PRIMARY KEY (id)" },
        { kind: "index", name: "t_pkey", constraint: "t_pkey" },
      ],
    },
    {
      name: "AUTOINCREMENT, on the column and on the table, with a name and a conflict clause",
      sql: `create table a (id integer primary key autoincrement);
        create table b (id integer, constraint "the key" primary key (id desc autoincrement) on conflict replace)`,
      has: [
        { kind: "table", name: "a", options: { autoincrement: "true" } },
        { kind: "constraint", name: "the key", definition: "PRIMARY KEY (id) ON CONFLICT REPLACE" },
      ],
    },
    {
      name: "keys that look like a rowid and are none",
      sql: `create table a (id integer primary key desc); create table b (id int primary key);
        create table c (id integer primary key) without rowid; create table d (id "INTEGER " primary key)`,
      has: [
        { kind: "column", table: "a", name: "id", identity: null, notNull: false },
        { kind: "constraint", table: "a", definition: "PRIMARY KEY (id DESC)" },
        { kind: "column", table: "b", name: "id", identity: null },
        { kind: "column", table: "c", name: "id", identity: null, notNull: true },
      ],
    },
    {
      name: "STRICT, WITHOUT ROWID, and both",
      sql: `create table a (x int, y any) strict; create table b (k text primary key) without rowid;
        create table c (k text, n real, primary key (k desc, n)) without rowid, strict`,
      has: [
        { kind: "table", name: "c", options: { strict: "true", without_rowid: "true" } },
        { kind: "column", table: "c", name: "n", type: "real", notNull: true },
      ],
    },
    {
      name: "declared types of all sorts",
      sql: `create table t (a VARCHAR(20), b DECIMAL( 10 , 2 ), c double  precision, d "any; thing", e [not null],
        f unsigned big int, g timestamp with time zone, h float(-1.5), i 'text')`,
      has: [
        { kind: "column", name: "a", type: "varchar(20)" },
        { kind: "column", name: "b", type: "decimal(10,2)" },
        { kind: "column", name: "c", type: "double precision" },
      ],
    },
    {
      name: "defaults",
      sql: `create table t (a default 'it''s; --', b default -1.5e3, c default (1 + 2 /* three */ ), d default foo,
        e default "bar", f default current_timestamp, g default (datetime('now')), h default null, i default x'00ff',
        j default true, k default +7, l default (-(-1)), m default ( 1 -- one
        ), n default '', o default ('a' || 'b') not null, p default 0xff)`,
      has: [
        { kind: "column", name: "c", default: "1 + 2" },
        { kind: "column", name: "d", default: "foo" },
      ],
    },
    {
      name: "generated columns and collations",
      sql: `create table t (a text collate nocase, b text collate RTRIM not null, c text collate binary,
        d generated always as (a || ')' || "b") stored, e text as (length(a)) virtual not null, f as (1))`,
      has: [
        { kind: "column", name: "a", collation: "NOCASE" },
        { kind: "column", name: "c", collation: null },
        { kind: "column", name: "d", generated: { expression: `a || ')' || "b"`, stored: true } },
      ],
    },
    {
      name: "a table from a query",
      sql: 'create table a (x int, y); create table b as select x, y as "the y", 1 from a',
    },
    {
      name: "columns added later",
      sql: `create table t (a, constraint c check (a > 0));
        alter table t add column b text collate nocase default 'x' check (b <> ''); alter table t rename a to "select"`,
      has: [{ kind: "constraint", name: "c", expression: '"select" > 0', columns: ["select"] }],
    },
    {
      name: "virtual tables are named, with what is behind them",
      sql: `create virtual table f using fts5(title, body); create virtual table r using rtree(id, x0, x1);
        create table t (a)`,
      has: [{ kind: "table", name: "t" }],
      unmodelled: [
        ...["f_config", "f_content", "f_data", "f_docsize", "f_idx", "r_node", "r_parent", "r_rowid"].map((name) => ({
          kind: "shadow table",
          name,
        })),
        { kind: "virtual table", name: "f (fts5)" },
        { kind: "virtual table", name: "r (rtree)" },
      ],
    },
    { name: "comments and layout are no facts", sql: "create table t ( -- first\n a /* b */ int , -- last\n c )" },
  ]);
});

describe("constraints", () => {
  roundTrips([
    {
      name: "with and without names",
      sql: `create table t (a int constraint pos check (a > 0) check (a < 9) unique, b int check (a + b > 1) constraint u unique
        on conflict ignore, constraint t_b_key unique (b, a collate nocase desc), check (1), check (b), check (b > 2))`,
      has: [
        { kind: "constraint", name: "pos", type: "check", expression: "a > 0", columns: ["a"] },
        { kind: "constraint", name: "t_a_check", expression: "a < 9" },
        { kind: "constraint", name: "t_a_key", type: "unique" },
        { kind: "constraint", name: "u", definition: "UNIQUE (b) ON CONFLICT IGNORE" },
        { kind: "constraint", name: "t_b_key", definition: "UNIQUE (b, a COLLATE NOCASE DESC)" },
        { kind: "index", name: "t_b_key", constraint: "t_b_key" },
      ],
    },
    {
      name: "names that repeat, and that others would get",
      sql: `create table t (a constraint t_b_check check (a), b constraint t_b_check check (b), check (b > 1), check (b > 2),
        constraint t_b_check1 check (b > 3), check (b > 4), check (a and b), constraint x check (a), constraint X check (b))`,
    },
    { name: "more than ten without a name", sql: `create table t (a, ${"check (a), ".repeat(11)} check (a > 1))` },
    {
      name: "foreign keys with all they can say",
      sql: `create table Parent (Id integer primary key, code text unique);
        create table child (a references PARENT, b int references parent (ID) on delete cascade on update set null
          deferrable initially deferred, c text constraint "fk c" references parent (code) match full not deferrable
          initially deferred, d int references nowhere, e int, f int references nowhere (x) on delete set default
          deferrable, foreign key (e) references parent on delete restrict)`,
      has: [
        { kind: "constraint", name: "child_a_fkey", definition: "FOREIGN KEY (a) REFERENCES Parent (Id)" },
        {
          kind: "constraint",
          name: "child_b_fkey",
          references: { schema: "main", table: "Parent", columns: ["Id"], onUpdate: "set null", onDelete: "cascade" },
          deferrable: true,
          initiallyDeferred: true,
        },
        { kind: "constraint", name: "fk c", deferrable: false, initiallyDeferred: false },
        { kind: "constraint", name: "child_d_fkey", definition: "FOREIGN KEY (d) REFERENCES nowhere" },
      ],
    },
    {
      name: "tables that refer to each other and to themselves",
      sql: `create table a (id integer primary key, b references b, a references a); create table b (id integer primary key, a references a)`,
    },
    {
      name: "NOT NULL that says more, and that says nothing",
      sql: "create table t (a int not null on conflict ignore, b int null, c int constraint nn not null on conflict abort)",
      has: [
        { kind: "constraint", name: "t_a_not_null", definition: "NOT NULL ON CONFLICT IGNORE" },
        { kind: "column", name: "c", notNull: true },
      ],
    },
    {
      name: "the same key twice has one index",
      sql: "create table t (a primary key unique, b, unique (b), unique (b))",
    },
    { name: "no comma between constraints", sql: "create table t (a, b, check (a) unique (b) constraint dangling)" },
  ]);
});

describe("indexes, views, triggers", () => {
  roundTrips([
    {
      name: "indexes of all sorts",
      sql: `create table t (a text, b text collate nocase, c);
        create unique index i1 on t (a desc, b, b collate binary); create index i2 on t (lower(a) collate nocase desc, (b || ',' || c));
        create index i3 on t (a) where c is not null and b <> ';'; create index "i;4" on t (b collate nocase asc);
        create index if not exists main.i5 on t (c /* last */)`,
      has: [
        {
          kind: "index",
          name: "i1",
          unique: true,
          keys: [
            { column: "a", expression: null, opclass: null, collation: null, order: "desc", nulls: "last" },
            { column: "b", expression: null, opclass: null, collation: null, order: "asc", nulls: "first" },
            { column: "b", expression: null, opclass: null, collation: "BINARY", order: "asc", nulls: "first" },
          ],
        },
        { kind: "index", name: "i3", predicate: "c is not null and b <> ';'" },
        { kind: "index", name: "i5", definition: "CREATE INDEX i5 ON t (c)" },
      ],
    },
    {
      name: "views over tables and views",
      sql: `create table t (id integer primary key, name varchar(9));
        create view z as select * from t; create view a (x, "the y") as select id, name from z -- why
        ; create view counts as select count(*) from t where name <> 'x;y'`,
      has: [
        {
          kind: "view",
          name: "a",
          columns: [
            { name: "x", type: "integer" },
            { name: "the y", type: "varchar(9)" },
          ],
        },
        { kind: "view", name: "z", dependsOn: ["table main.t"] },
      ],
    },
    {
      name: "a view of nothing is kept and told",
      sql: "create view v as select * from gone; create view w (a, b) as select * from v",
      has: [{ kind: "view", name: "v", columns: [] }],
      unmodelled: [
        { kind: "columns of a view that does not expand", name: "v: no such table: main.gone" },
        { kind: "columns of a view that does not expand", name: "w: no such table: main.gone" },
      ],
    },
    {
      name: "triggers with bodies",
      sql: `create table t (a, b); create table log (x); create view v as select a from t;
        create trigger if not exists tr after update of a, b on t for each row when new.a is not old.a begin
          insert into log values (case when new.a then ';' else 'end' end); -- one
          delete from log where x = 'end;'; end;
        create temp trigger no_fact after insert on t begin select 1; end;
        create trigger iv instead of insert on v begin insert into t (a) values (new.a); end`,
      has: [
        { kind: "trigger", table: "t", name: "tr" },
        { kind: "trigger", table: "v", name: "iv" },
      ],
    },
  ]);
});

function expect_identity(): unknown {
  return {
    generation: "by default",
    sequence: {
      type: "integer",
      start: "1",
      increment: "1",
      min: "1",
      max: "9223372036854775807",
      cache: "1",
      cycle: false,
    },
  };
}

// Names that break whoever does not quote: key words, quotes, SQL, line breaks, other scripts.
const name = fc
  .oneof(
    fc.constantFrom(
      '"; DROP TABLE x; --',
      "select",
      "a'b",
      "a\\b",
      "Über",
      "new\nline",
      "/*",
      "--",
      "a.b",
      "[x]",
      "`",
      "rowid",
    ),
    fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom("a", "B", '"', "'", "`", "[", "]", " ", ";", "é", "好"),
      minLength: 1,
      maxLength: 10,
    }),
  )
  .filter((text) => text !== "" && !text.includes("\0") && !/^sqlite_/i.test(text));

const lower = (text: string): string => text.toLowerCase();

const columnOf = fc.record({
  name,
  type: fc.constantFrom("", "integer", "TEXT", "varchar(20)", "Decimal(10, 2)", "double precision", '"o;dd"'),
  default: fc.constantFrom(
    null,
    "7",
    "-1.5",
    "'it''s'",
    "(1+ 2)",
    "current_date",
    "null",
    "x'ff'",
    "(datetime('now'))",
  ),
  notNull: fc.constantFrom("", "not null", "not null on conflict ignore"),
  collate: fc.constantFrom("", "collate nocase", "collate binary"),
  check: fc.option(fc.option(name, { nil: null }), { nil: undefined }),
});

const tableOf = fc.record({
  name,
  columns: fc.uniqueArray(columnOf, { minLength: 1, maxLength: 5, selector: (column) => lower(column.name) }),
  key: fc.constantFrom("rowid", "autoincrement", "natural", "none"),
  parent: fc.option(fc.nat(5), { nil: null }),
  unique: fc.option(fc.option(name, { nil: null }), { nil: undefined }),
  index: fc.constantFrom("none", "plain", "expression", "partial"),
  view: fc.boolean(),
  options: fc.constantFrom("", "without rowid"),
});

type GeneratedTable = typeof tableOf extends fc.Arbitrary<infer Table> ? Table : never;

const named = (given: string | null): string => (given === null ? "" : `constraint ${ident(given)} `);

function columnSql(column: GeneratedTable["columns"][number]): string {
  return [
    ident(column.name),
    column.type,
    column.notNull,
    column.collate,
    column.default === null ? "" : `default ${column.default}`,
    column.check === undefined ? "" : `${named(column.check)}check (${ident(column.name)} <> ${literal(column.name)})`,
  ].join(" ");
}

// A key column whose name no other column has.
const KEY = "the key of this table";

function tableSql(table: GeneratedTable, number: number, earlier: readonly GeneratedTable[]): string[] {
  const own = ident(table.name);
  const lines = table.columns.map(columnSql);
  const [first] = table.columns;
  if (first === undefined) return [];
  const keyed = table.key === "rowid" || table.key === "autoincrement";
  if (keyed) lines.unshift(`${ident(KEY)} integer primary key ${table.key === "rowid" ? "" : "autoincrement"}`);
  const parent = table.parent === null ? undefined : earlier[table.parent];
  if (parent !== undefined) lines.push(`"its parent" references ${ident(parent.name)} on delete cascade`);
  if (table.key === "natural") lines.push(`primary key (${ident(first.name)})`);
  if (table.unique !== undefined)
    lines.push(`${named(table.unique)}unique (${table.columns.map((one) => ident(one.name)).join(", ")})`);
  const options = table.key === "natural" || table.key === "rowid" ? table.options : "";
  const column = ident(first.name);
  const index = `create index ${ident(`i"${number}`)} on ${own}`;
  return [
    `create table ${own} (${lines.join(", ")}) ${options}`,
    ...(table.index === "plain" ? [`${index} (${column} collate nocase desc)`] : []),
    ...(table.index === "expression" ? [`${index} ((${column} is null), ${column})`] : []),
    ...(table.index === "partial" ? [`${index} (${column}) where ${column} <> ';'`] : []),
    ...(table.view ? [`create view ${ident(`v'${number}`)} as select ${column}, t.* from ${own} as t`] : []),
  ];
}

const schema = fc
  .uniqueArray(tableOf, { minLength: 1, maxLength: 6, selector: (table) => lower(table.name) })
  .map((tables) => tables.flatMap((table, number) => tableSql(table, number, tables.slice(0, number))).join(";\n"));

test("any generated schema survives the round trip", async () => {
  await fc.assert(
    fc.asyncProperty(schema, async (sql) => {
      await checkRoundTrip(sql);
    }),
    { numRuns: 60 },
  );
});
