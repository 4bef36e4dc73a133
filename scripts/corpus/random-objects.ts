import type { Random } from "../../src/twin/rows/random.ts";
import { FAR, ROLES, maybe, plainPart } from "./random-part.ts";
import { drawRelation, relationsOf } from "./random-relations.ts";
import type { Relation } from "./random-part.ts";
import type { DrawPart } from "./random-relations.ts";
import { quote } from "./random-schema.ts";

/* What stands on tables: functions, triggers, policies, rights, statistics, expressions, views over views, comments. */

const column = (random: Random, { columns }: Relation): string =>
  columns.length === 0 ? '"none"' : random.pick(columns);

const functionOn: DrawPart = (random, name, schema) => {
  const table = drawRelation(random, schema, true);
  const own = column(random, table);
  return plainPart("on table", [
    random.pick([
      `create function ${name}() returns setof ${table.name} language sql stable as 'select * from ${table.name.replaceAll("'", "''")}'`,
      `create function ${name}() returns bigint language sql begin atomic select count(${own}) from ${table.name}; end`,
      `create function ${name}() returns bigint language sql begin atomic select count(*) from ${table.name}; end`,
      `create function ${name}(one ${table.name}) returns text language sql immutable as 'select one::text'`,
      `create function ${name}(a integer, b text default 'x') returns text language plpgsql as $$ begin return (select min(${own}::text) from ${table.name}); end $$`,
      `create function ${name}(out a integer, out b text) language sql as 'select 1, ''b'''`,
      `create function ${name}(n integer) returns table (k integer, v text) language sql as 'select n, ''v'''`,
      `create procedure ${name}(n integer) language plpgsql as $$ begin perform 1; end $$`,
      `create function ${name}(variadic n integer[]) returns integer language sql strict security definer set search_path = '' as 'select 1'`,
    ]),
    ...maybe(random, 0.2, `comment on function ${name} is 'f'`),
    ...maybe(
      random,
      0.2,
      `revoke execute on function ${name} from public`,
      `grant execute on function ${name} to random_reader`,
    ),
  ]);
};

// A function that a column's default, a check, an index or a policy calls.
const called: DrawPart = (random, name, schema) => {
  const [a, b] = [drawRelation(random, schema), drawRelation(random, schema)];
  const own = column(random, a);
  return plainPart("on table", [
    `create function ${name}(x text) returns ${random.pick(["text", "text", "integer"])} language sql immutable as 'select ${random.pick(["1", "2"])}'`,
    ...maybe(random, 0.4, `alter table ${a.name} alter column ${own} set default ${name}('d')`),
    ...maybe(
      random,
      0.4,
      `alter table ${b.name} add constraint ${name}_ck check (${name}(${column(random, b)}::text) is not null)`,
    ),
    ...maybe(random, 0.4, `create index ${name}_i on ${a.name} (${name}(${own}::text))`),
    ...maybe(random, 0.4, `create view ${name}_v as select ${name}(${own}::text) as made from ${a.name}`),
    ...maybe(
      random,
      0.3,
      `alter table ${a.name} add column ${name}_g text generated always as (${name}(${own}::text)::text) stored`,
    ),
  ]);
};

const triggerOn: DrawPart = (random, name, schema) => {
  const table = drawRelation(random, schema, random.chance(0.2));
  const own = column(random, table);
  const call = `execute function ${random.pick(["touch", "stamp", `${name}_f`])}(${random.pick(["", "'a'"])})`;
  return plainPart("on view", [
    `create function ${name}_f() returns trigger language plpgsql as $$ begin ${random.pick(["return new;", "return old;"])} end $$`,
    random.pick([
      `create trigger ${name} before update of ${own} on ${table.name} for each row ${call}`,
      `create trigger ${name} after update on ${table.name} for each row when (old.${own} is distinct from new.${own}) ${call}`,
      `create trigger ${name} after insert on ${table.name} referencing new table as fresh for each statement ${call}`,
      `create constraint trigger ${name} after insert or update on ${table.name} deferrable initially deferred for each row ${call}`,
      `create trigger ${name} instead of insert on ${table.name} for each row ${call}`,
      `create trigger ${name} after truncate on ${table.name} ${call}`,
    ]),
    ...maybe(
      random,
      0.2,
      `alter table ${table.name} enable always trigger ${name}`,
      `alter table ${table.name} disable trigger ${name}`,
    ),
    ...maybe(random, 0.2, `comment on trigger ${name} on ${table.name} is 't'`),
  ]);
};

const policyOn: DrawPart = (random, name, schema) => {
  const [table, other] = [drawRelation(random, schema), drawRelation(random, schema, true)];
  const command = random.pick(["all", "select", "insert", "update", "delete"]);
  const test = random.pick([
    `${column(random, table)} is not null`,
    `exists (select from ${other.name} where ${column(random, other)} is not null)`,
    "current_user = 'x'",
  ]);
  return plainPart("on view", [
    `alter table ${table.name} enable row level security`,
    `create policy ${name} on ${table.name} as ${random.pick(["permissive", "restrictive"])} for ${command} to ${random.pick(["public", ...ROLES, ROLES.join(", ")])} ${command === "insert" ? "" : `using (${test})`} ${/all|insert|update/.test(command) ? `with check (${test})` : ""}`,
    ...maybe(random, 0.2, `comment on policy ${name} on ${table.name} is 'p'`),
    ...maybe(random, 0.2, `alter table ${table.name} force row level security`),
  ]);
};

const rights: DrawPart = (random, _name, schema) => {
  const table = drawRelation(random, schema, true);
  const role = random.pick([...ROLES, "public"]);
  const grantable = role !== "public" && random.chance(0.3) ? " with grant option" : "";
  const types = [...schema.enums.map((one) => quote(one.name)), ...schema.parts.flatMap((part) => part.types)];
  return plainPart("on view", [
    random.pick([
      `grant ${random.pick(["select", "insert, update", "all", "truncate, references"])} on ${table.name} to ${role}${grantable}`,
      `grant select (${column(random, table)}) on ${table.name} to ${role}${grantable}`,
      `grant select (${column(random, table)}), update (${column(random, table)}) on ${table.name} to ${role}`,
      `grant update (${column(random, table)}), select on ${table.name} to ${role}`,
      ...schema.sequences.map(({ name }) => `grant usage on sequence ${quote(name)} to ${role}${grantable}`),
      ...schema.functions.map(({ name }) => `revoke execute on function ${quote(name)} from public`),
      ...types.map((type) => `revoke usage on type ${type} from public`),
      `alter default privileges in schema public grant select on tables to ${role}`,
    ]),
  ]);
};

const owner: DrawPart = (random, _name, schema) => {
  const { name, view } = drawRelation(random, schema, true);
  const role = random.pick(ROLES);
  return plainPart("on view", [
    random.pick([
      `alter ${view ? "view" : "table"} ${name} owner to ${role}`,
      ...schema.functions.map((one) => `alter function ${quote(one.name)} owner to ${role}`),
      ...schema.enums.map((one) => `alter type ${quote(one.name)} owner to ${role}`),
      ...schema.sequences.map((one) => `alter sequence ${quote(one.name)} owner to ${role}`),
    ]),
  ]);
};

const indexOn: DrawPart = (random, name, schema) => {
  const table = drawRelation(random, schema);
  const [a, b] = [column(random, table), column(random, table)];
  return plainPart("on table", [
    `create ${random.pick(["", "", "unique "])}index ${name} on ${table.name} ${random.pick([
      `using hash (${a})`,
      `using brin (${a}) with (pages_per_range = ${16 + random.int(3)})`,
      `(${a} nulls first, ${b} desc)`,
      `(${a}) include (${b})`,
      `(lower(${a}::text))`,
      `(${a} text_pattern_ops)`,
      `(${a} collate "C")`,
      `(${a}) where ${b} is not null`,
      `(${a}) with (fillfactor = ${70 + random.int(3)})`,
      `(${a}) nulls not distinct`,
      `(coalesce(${a}::text, ''), ${b})`,
    ])}`,
    ...maybe(random, 0.2, `comment on index ${name} is 'i'`),
    ...maybe(random, 0.15, `alter table ${table.name} cluster on ${name}`),
    ...maybe(
      random,
      0.15,
      `alter table ${table.name} replica identity using index ${name}`,
      `alter table ${table.name} replica identity full`,
    ),
    ...maybe(random, 0.1, `alter index ${name} alter column 1 set statistics ${random.int(99)}`),
  ]);
};

const statisticsOn: DrawPart = (random, name, schema) => {
  const table = drawRelation(random, schema);
  const [a, b] = [column(random, table), column(random, table)];
  return plainPart("on table", [
    `create statistics ${name} ${random.pick(["", "(ndistinct)", "(dependencies, mcv)"])} on ${random.pick([`${a}, ${b}`, `${a}, lower(${b}::text)`])} from ${table.name}`,
    ...maybe(random, 0.3, `alter statistics ${name} set statistics ${random.int(99)}`),
    ...maybe(random, 0.2, `comment on statistics ${name} is 's'`),
  ]);
};

const storage: DrawPart = (random, _name, schema) => {
  const table = drawRelation(random, schema);
  const own = column(random, table);
  const alter = (clause: string): string => `alter table ${table.name} alter column ${own} ${clause}`;
  return plainPart("on table", [
    random.pick([
      alter(`set storage ${random.pick(["plain", "external", "main"])}`),
      alter(`set statistics ${random.int(500)}`),
      alter(`set compression ${random.pick(["pglz", "lz4"])}`),
      alter(`set (n_distinct = ${random.int(50)})`),
      `alter table ${table.name} set (autovacuum_enabled = ${random.pick(["true", "false"])}, toast.autovacuum_enabled = false)`,
      `alter table ${table.name} set (autovacuum_vacuum_scale_factor = 0.${1 + random.int(8)})`,
      alter('type text collate "C"'),
      alter("type text collate plain_c"),
    ]),
  ]);
};

const constraintOn: DrawPart = (random, name, schema) => {
  const [table, other] = [drawRelation(random, schema), drawRelation(random, schema)];
  const [a, b] = [column(random, table), column(random, table)];
  return plainPart("on table", [
    `alter table ${table.name} add constraint ${name} ${random.pick([
      `unique (${a}) deferrable initially deferred`,
      `unique (${a}) include (${b})`,
      `unique (${a}, ${b})`,
      `unique nulls not distinct (${b})`,
      `check (${a} is not null or ${b} is not null)`,
      `check (${a} is not null) not valid`,
      `check (${a}::text <> '${random.int(3)}') no inherit`,
      `foreign key (${a}) references ${other.name} deferrable initially ${random.pick(["deferred", "immediate"])}`,
      `foreign key (${a}) references ${other.name} (${column(random, other)}) not valid`,
      `foreign key (${a}) references ${other.name} (${column(random, other)}) match full on update cascade`,
      `foreign key (${a}) references ${table.name} (${b}) on delete set null (${a})`,
    ])}`,
    ...maybe(random, 0.2, `comment on constraint ${name} on ${table.name} is 'k'`),
  ]);
};

const viewOver: DrawPart = (random, name, schema) => {
  const all = relationsOf(schema, true).filter((one) => one.name !== name && one.name !== `${FAR}.${name}`);
  const none: Relation = { name: '"none"', view: false, columns: ['"none"'] };
  const [a, b] = [all.length > 0 ? random.pick(all) : none, all.length > 0 ? random.pick(all) : none];
  const [x, y] = [column(random, a), column(random, b)];
  const materialised = random.chance(0.25);
  const kind = materialised ? "materialized view" : "view";
  const own = random.chance(0.1) ? `${FAR}.${name}` : name;
  const query = random.pick([
    `select a.${x} as one, b.${y} as two from ${a.name} a join ${b.name} b on a.${x}::text = b.${y}::text`,
    `select one.${x} as one, 2 as two from ${a.name} one`,
    `select ${x} as one, count(*) as two from ${a.name} group by ${x}`,
    `select * from ${a.name}`,
    `select one, one as two from (select ${x} as one from ${a.name} union all select null as one) u`,
    `select a as one, a.*::text as two from ${a.name} a`,
    `with w as (select ${x} as one, 1 as two from ${a.name}) select one, two from w`,
  ]);
  const options = materialised
    ? random.pick(["", " with (fillfactor = 80)"])
    : random.pick(["", "", " with (security_barrier)", " with (security_invoker)", " with (check_option = local)"]);
  return {
    stage: "view",
    types: [],
    relations: [{ name: own, view: true, columns: query.includes("*") ? a.columns : ["one", "two"] }],
    sql: [
      `create ${kind} ${own}${options} as ${query}`,
      ...(materialised
        ? maybe(random, 0.5, `create ${random.pick(["unique ", ""])}index ${name}_i on ${own} (one)`)
        : []),
      ...maybe(random, 0.2, `comment on ${kind} ${own} is 'v'`),
      ...maybe(random, 0.2, `comment on column ${own}.one is 'c'`),
      ...(materialised
        ? []
        : maybe(random, 0.2, `alter view ${own} alter column one set default ${random.pick(["null", "'1'"])}`)),
    ],
  };
};

const rule: DrawPart = (random, name, schema) => {
  const [table, other] = [drawRelation(random, schema, true), drawRelation(random, schema)];
  return plainPart("on view", [
    `create rule ${name} as on ${random.pick(["insert", "update", "delete"])} to ${table.name} ${random.pick(["do also", "do instead"])} ${random.pick(["nothing", `select ${column(random, other)} from ${other.name}`])}`,
    ...maybe(random, 0.2, `comment on rule ${name} on ${table.name} is 'r'`),
  ]);
};

const aggregate: DrawPart = (random, name) =>
  plainPart("on table", [
    `create function ${name}_s(a integer, b integer) returns integer language sql immutable as 'select a + b + ${random.int(2)}'`,
    `create aggregate ${name}(integer) (sfunc = ${name}_s, stype = integer, initcond = '${random.int(3)}')`,
    ...maybe(random, 0.3, `comment on aggregate ${name}(integer) is 'a'`),
    ...maybe(random, 0.4, `create operator public.+++ (function = ${name}_s, leftarg = integer, rightarg = integer)`),
  ]);

const comment: DrawPart = (random, _name, schema) => {
  const table = drawRelation(random, schema, true);
  const words = random.pick(["'one'", "'two'", "'it''s'"]);
  return plainPart("on view", [
    `comment on ${random.pick([
      `${table.view ? "view" : "table"} ${table.name}`,
      `column ${table.name}.${column(random, table)}`,
      ...schema.enums.map(({ name }) => `type ${quote(name)}`),
      ...schema.domains.map(({ name }) => `domain ${quote(name)}`),
      ...schema.sequences.map(({ name }) => `sequence ${quote(name)}`),
      ...schema.functions.map(({ name }) => `function ${quote(name)}`),
      ...schema.tables.flatMap((one) => one.indexes.map(({ name }) => `index ${quote(name)}`)),
      ...schema.tables.flatMap((one) =>
        one.checks.map(({ name }) => `constraint ${quote(name)} on ${quote(one.name)}`),
      ),
      ...schema.tables.flatMap((one) => (one.policy === null ? [] : [`policy p on ${quote(one.name)}`])),
    ])} is ${words}`,
  ]);
};

const publication: DrawPart = (random, name, schema) => {
  const table = drawRelation(random, schema);
  return plainPart("on view", [
    `create publication ${name} for ${random.pick([`table ${table.name}`, `table ${table.name} (${column(random, table)})`, "all tables", `tables in schema ${FAR}`])} with (publish = '${random.pick(["insert", "insert, update"])}')`,
  ]);
};

/** What stands on tables. */
export const OBJECT_PARTS: Readonly<Record<string, DrawPart>> = {
  functionOn,
  called,
  triggerOn,
  policyOn,
  rights,
  owner,
  indexOn,
  statisticsOn,
  storage,
  constraintOn,
  viewOver,
  rule,
  aggregate,
  comment,
  publication,
};
