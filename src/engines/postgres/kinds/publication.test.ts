import { roundTrips } from "../testing.test-data.ts";

const tables = `create schema s; create table s.t (id int primary key, b text, c int); create table s.u (id int primary key);
  create table s.p (id int, at date, primary key (id, at)) partition by range (at); create table s.p1 partition of s.p default;`;

roundTrips([
  {
    name: "tables with columns and filters, schemas, operations",
    admin: true,
    sql: `${tables} create publication a for table s.t (id, c) where (c > 1 and id <> 4), table s.p with (publish = 'insert, delete', publish_via_partition_root = true);
      create publication b for tables in schema s; create publication "all""; --" for all tables; create publication none;
      create publication plain for table s.u, s.t; comment on publication plain is 'x'`,
    has: [
      {
        kind: "publication",
        name: "a",
        tables: [
          { schema: "s", table: "p", columns: null, where: null },
          { schema: "s", table: "t", columns: ["id", "c"], where: "((c > 1) AND (id <> 4))" },
        ],
        operations: ["delete", "insert"],
        viaRoot: true,
      },
      { kind: "publication", name: "b", schemas: ["s"] },
      { kind: "publication", name: 'all"; --', allTables: true },
    ],
  },
  {
    name: "a filter that calls a function, and a table that others inherit from",
    admin: true,
    sql: `${tables} create table s.child () inherits (s.u); create publication f for table only s.u where (abs(id) > 1)`,
    has: [{ kind: "publication", tables: [{ schema: "s", table: "u", columns: null, where: "(abs(id) > 1)" }] }],
  },
  {
    name: "generated columns",
    admin: true,
    since: 18,
    sql: `create publication g with (publish_generated_columns = stored)`,
    has: [{ kind: "publication", generatedColumns: "stored" }],
  },
]);
