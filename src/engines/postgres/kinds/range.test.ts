import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "over a system type",
    sql: `create type floatrange as range (subtype = float8, subtype_diff = float8mi); create table t (r floatrange, m floatmultirange); comment on type floatrange is 'of floats'; comment on type floatmultirange is 'of many'`,
    has: [{ kind: "range", subtype: "double precision", multirangeComment: "of many" }],
  },
  {
    name: "with a collation, an operator class and a named multirange",
    sql: `create schema s; create type s.words as range (subtype = text, collation = "C", subtype_opclass = text_pattern_ops, multirange_type_name = s.many_words)`,
    has: [
      {
        kind: "range",
        options: {
          subtype_opclass: "pg_catalog.text_pattern_ops",
          collation: '"C"',
          multirange_type_name: "s.many_words",
        },
      },
    ],
  },
  {
    name: "over a domain, with a difference function of one's own",
    sql: `create domain d as int; create function diff(d, d) returns float8 language sql immutable as 'select ($1 - $2)::float8'; create type r as range (subtype = int, subtype_diff = int4range_subdiff); create function f(r) returns r language sql as 'select $1'`,
  },
  {
    name: "with a function that makes it canonical, which takes it",
    admin: true,
    sql: `set check_function_bodies = off; create type r; create function tidy(r) returns r language internal immutable strict as 'int4range_canonical'; create type r as range (subtype = int, canonical = tidy, subtype_diff = int4range_subdiff); comment on type r is 'x'; create function f(r) returns int language plpgsql as 'begin return 1; end'; create table t (r r, check (f(r) = 1)); create view v as select tidy(r) from t`,
    has: [
      {
        kind: "range",
        options: {
          canonical: "public.tidy",
          subtype_diff: "int4range_subdiff",
          multirange_type_name: "public.r_multirange",
        },
      },
    ],
  },
]);
