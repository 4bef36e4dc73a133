import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "all options",
    sql: `create sequence s as smallint increment by -2 minvalue -100 maxvalue 7 start with 5 cache 3 cycle; comment on sequence s is 'down'`,
    has: [
      {
        kind: "sequence",
        options: { type: "smallint", start: "5", increment: "-2", min: "-100", max: "7", cache: "3", cycle: true },
      },
    ],
  },
  {
    name: "defaults, rising and falling",
    sql: `create sequence a; create sequence b increment by -1; create sequence c as integer; create sequence d as bigint start 9223372036854775807`,
    has: [
      {
        kind: "sequence",
        name: "d",
        options: {
          type: "bigint",
          start: "9223372036854775807",
          increment: "1",
          min: "1",
          max: "9223372036854775807",
          cache: "1",
          cycle: false,
        },
      },
    ],
  },
  {
    name: "serial columns",
    sql: `create table t (id serial primary key, n bigserial, s smallserial)`,
    has: [{ kind: "sequence", name: "t_id_seq", ownedBy: { schema: "public", table: "t", column: "id" } }],
  },
  {
    name: "owned by a column that does not use it, in another table",
    sql: `create table a (x int); create sequence q owned by a.x; create table b (y bigint default nextval('q'))`,
  },
  { name: "unlogged", sql: `create unlogged sequence u`, has: [{ kind: "sequence", unlogged: true }] },
  {
    name: "a default that several tables share",
    sql: `create sequence "q'""\\"; create table a (x int default nextval('"q''""\\"')); create table b (x int default nextval('"q''""\\"')); alter sequence "q'""\\" owned by b.x`,
  },
  {
    name: "logged of an unlogged table, and the other way about",
    sql: `create unlogged table t (id serial); alter sequence t_id_seq set logged; create table u (id serial); alter sequence u_id_seq set unlogged; create sequence i as integer; create sequence m minvalue 5 start 7`,
    has: [
      { kind: "sequence", name: "t_id_seq", unlogged: false },
      { kind: "sequence", name: "u_id_seq", unlogged: true },
    ],
  },
]);
