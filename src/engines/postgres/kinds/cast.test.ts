import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with a function, by text, to and from types of one's own",
    sql: `create schema s; create type s."odd type" as (n int); create type mood as enum ('a');
      create function s.made(int) returns s."odd type" language sql immutable as 'select row($1)::s."odd type"';
      create function un(s."odd type", int, boolean) returns int language sql immutable as 'select 1';
      create cast (int as s."odd type") with function s.made(int) as assignment;
      create cast (s."odd type" as int) with function un(s."odd type", int, boolean) as implicit;
      create cast (mood as text) with inout; comment on cast (mood as text) is 'said aloud'`,
    has: [
      {
        kind: "cast",
        name: 'integer AS s."odd type"',
        context: "assignment",
        function: "s.made(integer)",
        dependsOn: ['composite s."odd type"', "function s.made(integer)"],
      },
      { kind: "cast", context: "implicit", method: "function" },
      { kind: "cast", method: "inout", function: null, comment: "said aloud" },
    ],
  },
  {
    name: "without a function",
    admin: true,
    sql: `create cast (bigint as timestamp) without function as assignment`,
    has: [{ kind: "cast", method: "binary" }],
  },
]);
