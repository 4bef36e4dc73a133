import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with mappings, used by a column and an index",
    sql: `create schema s; create text search dictionary s.zz (template = simple, stopwords = english);
      create text search configuration a (copy = english);
      alter text search configuration a alter mapping for hword, word with s.zz, english_stem;
      alter text search configuration a drop mapping for email;
      create text search configuration s."empty one" (parser = "default"); comment on text search configuration a is 'for titles';
      create table t (title text, v tsvector generated always as (to_tsvector('a', title)) stored);
      create index on t using gin (to_tsvector('public.a', title))`,
    has: [
      { kind: "text-search-configuration", name: "empty one", parser: 'pg_catalog."default"', mappings: [] },
      { kind: "text-search-configuration", name: "a", comment: "for titles" },
    ],
  },
]);
