import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "a schema with a comment",
    sql: `create schema app; comment on schema app is 'it''s \\ ours'`,
    has: [{ kind: "schema", name: "app", comment: "it's \\ ours" }],
  },
  {
    name: "names that are SQL",
    sql: `create schema """; drop schema public; --"; create schema "Übung 1"; create schema "select"`,
  },
  {
    name: "a comment on public",
    sql: `comment on schema public is 'not the standard one'`,
    has: [{ kind: "schema", name: "public" }],
  },
  {
    name: "names with line breaks, quotes and backslashes",
    sql: `create schema "a
b\\'c""d"; comment on schema "a
b\\'c""d" is E'line one\\nline two */ $$ \\\\'`,
  },
]);
