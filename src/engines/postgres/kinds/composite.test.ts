import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "attributes of all sorts",
    sql: `create schema s; create type s.part as (n int, t text collate "C"); create type "Pair ""x""" as (a s.part, b s.part[], "c d" numeric(5,1)); comment on type s.part is 'a part'; create table t (p "Pair ""x""")`,
    has: [
      {
        kind: "composite",
        name: "part",
        attributes: [
          { name: "n", type: "integer", collation: null },
          { name: "t", type: "text", collation: '"C"' },
        ],
      },
    ],
  },
  {
    name: "a comment on an attribute",
    sql: `create type c as (a int, "b c" text); comment on column c."b c" is 'it''s'`,
    has: [
      {
        kind: "composite",
        attributes: [
          { name: "a", type: "integer", collation: null },
          { name: "b c", type: "text", collation: null, comment: "it's" },
        ],
      },
    ],
  },
  { name: "no attributes", sql: `create type nothing as ()` },
]);
