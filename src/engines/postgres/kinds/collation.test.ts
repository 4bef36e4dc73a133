import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "of each provider",
    sql: `create schema s; create collation posix from "POSIX"; create collation s."two; locales" (lc_collate = 'C', lc_ctype = 'POSIX');
      create collation numeric (provider = icu, locale = 'en-u-kn-true');
      create collation s.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      comment on collation numeric is 'numbers by their value'`,
    has: [
      { kind: "collation", name: "posix", provider: "libc", locale: "POSIX", lcCollate: null },
      { kind: "collation", name: "two; locales", locale: null, lcCollate: "C", lcCtype: "POSIX" },
      { kind: "collation", name: "numeric", provider: "icu", deterministic: true, comment: "numbers by their value" },
      { kind: "collation", name: "ci", deterministic: false },
    ],
  },
  {
    name: "builtin",
    since: 17,
    sql: `create collation b (provider = builtin, locale = 'C.UTF-8')`,
    has: [{ kind: "collation", provider: "builtin", locale: "C.UTF-8" }],
  },
  {
    name: "with rules, and what uses it comes after",
    since: 16,
    sql: `create collation zz (provider = icu, locale = 'und', rules = '&V << w <<< W');
      create domain aa as text collate zz; create table a (t text collate zz, u varchar collate "C", primary key (t));
      create index i on a (u collate zz); create type r as range (subtype = text, collation = zz);
      create type c as (a text collate zz); create view w as select u collate zz as u from a;
      create function f(text) returns text language sql immutable as $$ select $1 collate zz $$`,
    has: [
      { kind: "collation", rules: "&V << w <<< W" },
      { kind: "domain", dependsOn: ["collation public.zz", "schema public"] },
    ],
  },
]);
