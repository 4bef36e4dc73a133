import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with options, odd names and without",
    sql: String.raw`create schema s; create text search dictionary plain (template = simple);
      create text search dictionary s."d; --" (template = snowball, language = german, stopwords = 'german');
      create text search dictionary strict (template = pg_catalog.simple, accept = false);
      comment on text search dictionary plain is 'as it is'`,
    has: [
      {
        kind: "text-search-dictionary",
        name: "d; --",
        template: "pg_catalog.snowball",
        options: { language: "'german'", stopwords: "'german'" },
      },
      { kind: "text-search-dictionary", name: "plain", options: {}, comment: "as it is" },
    ],
  },
]);
