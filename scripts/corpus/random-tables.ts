import type { Random } from "../../src/twin/rows/random.ts";
import { FAR, maybe, plainPart } from "./random-part.ts";
import { drawRelation } from "./random-relations.ts";
import type { DrawPart } from "./random-relations.ts";

/* Types and tables that random-schema.ts does not draw: partitions, heirs, other schemas, generated columns. */

const typePart = (type: string, ...sql: readonly string[]): ReturnType<DrawPart> => ({
  stage: "type",
  sql,
  types: [type],
  relations: [],
});

const tablePart = (name: string, columns: readonly string[], sql: readonly string[]): ReturnType<DrawPart> => ({
  stage: "table",
  sql,
  types: [],
  relations: [{ name, view: false, columns }],
});

const clauses = (parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");

const far: DrawPart = (random) => ({
  ...plainPart("type", [
    `create schema ${FAR}`,
    ...maybe(random, 0.3, `comment on schema ${FAR} is 'a'`, `comment on schema ${FAR} is 'b'`),
    ...maybe(random, 0.3, `grant usage on schema ${FAR} to random_reader`, `grant all on schema ${FAR} to public`),
    ...maybe(random, 0.2, `alter schema ${FAR} owner to random_writer`),
    `create type ${FAR}.phase as enum (${random.pick(["'a'", "'a', 'b'", "'b', 'a'", "'a', 'c', 'b'"])})`,
    `create sequence ${FAR}.ticket increment ${1 + random.int(2)}`,
    `create function ${FAR}.twice(x integer) returns integer language sql immutable as 'select x * ${random.int(3)}'`,
  ]),
  types: [`${FAR}.phase`],
});

const composite: DrawPart = (random, name) =>
  typePart(
    name,
    `create type ${name} as (${["x integer", ...maybe(random, 0.5, "y text", "y bigint", 'y text collate "C"'), ...maybe(random, 0.3, "z date")].join(", ")})`,
    ...maybe(random, 0.3, `comment on type ${name} is 'a pair'`),
    ...maybe(random, 0.2, `comment on column ${name}.x is 'x'`),
  );

const span: DrawPart = (random, name) =>
  typePart(
    name,
    `create type ${name} as range (subtype = ${random.pick(["date", "integer", "float8", 'text, collation = "C"'])}${random.chance(0.2) ? `, multirange_type_name = ${name}_many` : ""})`,
    ...maybe(random, 0.3, `comment on type ${name} is 'a span'`),
  );

const overType: DrawPart = (random, name, schema) => {
  const types = [...schema.enums.map((one) => `"${one.name}"`), ...schema.parts.flatMap((part) => part.types)];
  const type = types.length === 0 ? "text" : random.pick(types);
  return typePart(
    name,
    clauses([
      `create domain ${name} as ${type}`,
      ...maybe(random, 0.3, "not null"),
      ...maybe(random, 0.5, "check (value is not null)", "constraint own check (value::text <> 'x')"),
    ]),
    ...maybe(random, 0.3, `comment on domain ${name} is 'd'`),
    ...maybe(random, 0.2, `comment on constraint own on domain ${name} is 'check'`),
  );
};

const collation: DrawPart = (random, name) =>
  plainPart("type", [
    `create collation ${name} (${random.pick(["provider = icu, locale = 'de'", "provider = icu, locale = 'sv', deterministic = false", "locale = 'C'"])})`,
    ...maybe(random, 0.3, `comment on collation ${name} is 'c'`),
  ]);

const LIST = ["'a'", "'b'", "'c', 'd'", "null"] as const;

function bounds(random: Random, strategy: string): string[] {
  if (strategy === "hash") {
    const modulus = random.pick([2, 3]);
    return Array.from({ length: modulus }, (_, at) => `for values with (modulus ${modulus}, remainder ${at})`);
  }
  if (strategy === "list") return LIST.filter(() => random.chance(0.6)).map((values) => `for values in (${values})`);
  const step = random.pick([10, 20]);
  return Array.from({ length: 1 + random.int(3) }, (_, at) => `for values from (${at * step}) to (${(at + 1) * step})`);
}

const parted: DrawPart = (random, name, schema) => {
  const strategy = random.pick(["list", "list", "range", "hash"]);
  const column = strategy === "list" ? "kind" : "id";
  const referred = drawRelation(random, schema);
  const parts = bounds(random, strategy);
  if (strategy !== "hash") parts.push(...maybe(random, 0.3, "default"));
  const sql = [
    `create table ${name} (id ${random.pick(["integer", "integer", "bigint"])} not null, kind ${random.pick(["text", "text", "varchar(9)"])}, at date${random.chance(0.2) ? " not null default now()" : ""}${random.chance(0.3) ? ", note text" : ""}, other bigint) partition by ${strategy} (${column})`,
    ...maybe(random, 0.4, `alter table ${name} add primary key (id, kind)`, `alter table ${name} add primary key (id)`),
    ...maybe(random, 0.3, `alter table ${name} add constraint ${name}_ck check (id > ${random.int(3)})`),
    ...maybe(random, 0.3, `create index ${name}_at on ${name} (at)`, `create index ${name}_at on ${name} (at, id)`),
  ];
  for (const [at, bound] of parts.entries()) {
    const own = `${name}_p${at}`;
    if (random.chance(0.2))
      sql.push(
        `create table ${own} partition of ${name} ${bound} partition by range (at)`,
        `create table ${own}_x partition of ${own} for values from ('2020-01-01') to ('${2021 + random.int(2)}-01-01')`,
      );
    else sql.push(`create table ${own} partition of ${name} ${bound}`);
    if (random.chance(0.2)) sql.push(`alter table ${own} add constraint ${own}_ck check (other <> ${random.int(9)})`);
    if (random.chance(0.2)) sql.push(`create index ${own}_i on ${own} (other${random.pick([" desc", ""])})`);
    if (random.chance(0.1)) sql.push(`alter table ${own} alter column other set default ${random.int(9)}`);
    if (random.chance(0.1)) sql.push(`alter table ${own} alter column other set not null`);
    if (random.chance(0.1)) sql.push(`comment on table ${own} is 'part ${random.int(2)}'`);
  }
  sql.push(
    ...maybe(
      random,
      0.3,
      `create index ${name}_later on ${name} (kind)`,
      `create unique index ${name}_later on ${name} (id, kind)`,
    ),
    ...maybe(random, 0.3, `create trigger ${name}_g after insert on ${name} for each row execute function touch()`),
    ...maybe(
      random,
      0.3,
      `alter table ${name} add constraint ${name}_fk foreign key (other) references ${referred.name}`,
      `alter table ${name} add constraint ${name}_fk foreign key (id) references ${referred.name} on delete cascade`,
    ),
    ...maybe(random, 0.2, `alter table ${name} enable row level security`),
    ...maybe(random, 0.2, `grant select on ${name} to random_reader`),
    ...maybe(random, 0.2, `comment on table ${name} is 'parted'`, `comment on column ${name}.id is 'n'`),
  );
  return tablePart(name, ["id", "kind", "at"], sql);
};

const heir: DrawPart = (random, name, schema) => {
  const other = drawRelation(random, schema);
  const child = `${name}_child`;
  const parent = [
    `id ${random.pick(["integer", "bigint"])}${random.chance(0.3) ? " not null" : ""}`,
    `word text${random.pick(["", " default 'x'", " default 'y'"])}`,
    ...maybe(random, 0.5, "extra date", "extra integer"),
    ...maybe(
      random,
      0.4,
      `constraint ${name}_ck check (id > ${random.int(2)})`,
      `constraint ${name}_ck check (id > 0) no inherit`,
    ),
  ];
  const own = [
    ...maybe(random, 0.5, "mine text", "mine integer not null"),
    ...maybe(random, 0.3, "word text default 'z'", "word text not null"),
    ...maybe(random, 0.3, `constraint ${child}_ck check (id < 100)`),
  ];
  return tablePart(
    child,
    ["id", "word"],
    [
      `create table ${name} (${parent.join(", ")})`,
      `create table ${child} (${own.join(", ")}) inherits (${random.chance(0.15) ? `${name}, ${other.name}` : name})`,
      ...maybe(
        random,
        0.3,
        `create table ${child}_2 () inherits (${child})`,
        `create table ${child}_2 (more text) inherits (${name})`,
      ),
      ...maybe(random, 0.2, `alter table ${child} no inherit ${name}`),
      ...maybe(random, 0.3, `create index on ${child} (id)`),
      ...maybe(random, 0.2, `alter table ${child} alter column id set default 4`),
    ],
  );
};

const elsewhere: DrawPart = (random, name, schema) => {
  const other = drawRelation(random, schema);
  const own = `${FAR}.${name}`;
  return tablePart(
    own,
    ["id", "state"],
    [
      `create table ${own} (id ${random.pick(["integer", "bigint", "uuid", "text"])} primary key, state ${random.pick([`${FAR}.phase`, "text"])}${random.pick(["", " default 'a'"])}, number integer default ${random.pick([`nextval('${FAR}.ticket')`, `${FAR}.twice(2)`, "1"])})`,
      ...maybe(
        random,
        0.5,
        `alter table ${own} add column other ${random.pick(["integer", "bigint", "text"])} references ${other.name}`,
      ),
      ...maybe(random, 0.3, `create index ${name}_i on ${own} (state)`),
      ...maybe(random, 0.3, `grant select, insert on ${own} to random_reader`),
    ],
  );
};

const numbers = (random: Random): string =>
  random.pick([
    "",
    "(start with 10)",
    "(increment by 2 cache 5)",
    "(minvalue 5 maxvalue 500 start 7 cycle)",
    "(increment -1)",
  ]);

const counted: DrawPart = (random, name) =>
  tablePart(
    name,
    ["id", "n"],
    [
      `create table ${name} (id ${random.pick(["integer", "bigint", "smallint"])} ${random.pick([`generated always as identity ${numbers(random)}`, `generated by default as identity ${numbers(random)}`, "not null", "default 1"])}${random.chance(0.5) ? " primary key" : ""}, n ${random.pick(["serial", "bigserial", "integer", "smallserial unique"])}, label text)`,
      ...maybe(random, 0.2, `alter sequence ${name}_n_seq owned by none`, `alter sequence ${name}_n_seq as bigint`),
    ],
  );

const derived: DrawPart = (random, name) =>
  tablePart(
    name,
    ["a", "b", "c"],
    [
      `create table ${name} (a ${random.pick(["integer", "bigint"])}, b ${random.pick(["text", "varchar(30)"])}, c ${random.pick(["text generated always as (upper(b)) stored", "text generated always as (b || 'x') stored", "text", "integer generated always as (a * 2) stored", "integer generated always as (a + 1) stored"])}${random.chance(0.3) ? ", d text generated always as (lower(b)) stored" : ""})`,
      ...maybe(random, 0.4, `create index ${name}_c on ${name} (c)`, `create unique index ${name}_c on ${name} (c, a)`),
      ...maybe(random, 0.3, `alter table ${name} add check (c is not null)`),
      ...maybe(
        random,
        0.3,
        `create view ${name}_v as select c, a from ${name}`,
        `create view ${name}_v as select * from ${name}`,
      ),
    ],
  );

const booking: DrawPart = (random, name) =>
  tablePart(
    name,
    ["room", "during"],
    [
      `create table ${name} (room ${random.pick(["integer", "text"])}, during ${random.pick(["tsrange", "daterange", "int4range"])}, note text)`,
      ...maybe(
        random,
        0.8,
        `alter table ${name} add constraint ${name}_x exclude using gist (during with &&)`,
        `alter table ${name} add constraint ${name}_x exclude using gist (during with &&) where (room is not null)`,
        `alter table ${name} add constraint ${name}_x exclude using hash (room with =) deferrable initially deferred`,
        `alter table ${name} add constraint ${name}_x exclude using btree (room with =, note with =) with (fillfactor = 60)`,
      ),
      ...maybe(random, 0.2, `comment on constraint ${name}_x on ${name} is 'no two'`),
    ],
  );

const typed: DrawPart = (random, name, schema) => {
  const types = schema.parts.filter(({ kind }) => kind === "composite").map((part) => part.name);
  const columns = random.pick(["", " (x with options not null)", " (primary key (x))", " (x with options default 3)"]);
  return tablePart(
    name,
    ["x"],
    [types.length > 0 ? `create table ${name} of ${random.pick(types)}${columns}` : `create table ${name} (x integer)`],
  );
};

/** Types and tables. */
export const TABLE_PARTS: Readonly<Record<string, DrawPart>> = {
  far,
  composite,
  span,
  overType,
  collation,
  parted,
  heir,
  elsewhere,
  counted,
  derived,
  booking,
  typed,
};
