import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "values keep their order",
    sql: `create type mood as enum ('sad', 'happy'); alter type mood add value 'ok' before 'happy'; comment on type mood is 'of people'`,
    has: [{ kind: "enum", values: ["sad", "ok", "happy"], comment: "of people" }],
  },
  { name: "no values at all", sql: `create type nothing as enum ()`, has: [{ kind: "enum", values: [] }] },
  {
    name: "hostile values and names",
    sql: `create type "a,""b" as enum ('', 'it''s', '{a,b}', 'NULL', E'back\\\\slash', '"', E'new\\nline', ' ')`,
    has: [{ kind: "enum", values: ["", "it's", "{a,b}", "NULL", "back\\slash", '"', "new\nline", " "] }],
  },
  {
    name: "used by columns, arrays, defaults and functions",
    sql: `create schema s; create type s.mood as enum ('a', 'b'); create function s.f(m s.mood, n s.mood[]) returns s.mood language sql as 'select m'; create table t (m s.mood default 'a', n s.mood[] default '{a,b}')`,
    has: [{ kind: "column", name: "n", type: "s.mood[]", dependsOn: ["enum s.mood", "table public.t"] }],
  },
]);
