import { expect } from "vitest";
import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "an extension in public",
    sql: `create extension citext; create table t (e citext default 'x'::citext)`,
    has: [{ kind: "extension", name: "citext", schema: "public" }],
  },
  {
    name: "an extension in a schema of its own, with what it brings",
    sql: `create schema ext; create extension pg_trgm with schema ext; create table t (a text); create index on t using gin (a ext.gin_trgm_ops)`,
    has: [{ kind: "extension", name: "pg_trgm", schema: "ext", dependsOn: ["schema ext"] }],
  },
  {
    name: "an exclusion constraint that needs an extension",
    sql: `create extension btree_gist; create table booking (room int, during tstzrange, exclude using gist (room with =, during with &&))`,
    has: [
      { kind: "constraint", type: "exclusion", dependsOn: expect.arrayContaining(["extension public.btree_gist"]) },
    ],
  },
  {
    name: "a comment of the user's own",
    sql: `create extension hstore; comment on extension hstore is 'for old code'`,
    has: [{ kind: "extension", comment: "for old code" }],
  },
]);
