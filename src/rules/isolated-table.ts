import { ref, refKey } from "../model/ref.ts";
import { ownForeignKeys } from "./foreign-keys.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** More isolated tables than this are told together, if they are most of all. */
const MANY = 20;

/** A table that neither refers to another nor is referred to. */
export const isolatedTable: Rule = rule({
  id: "isolated-table",
  area: "schema",
  severity: "info",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["sqlcheck:1005"],
  summary: "A table has no foreign key in either direction.",
  why: "It is a log, a queue, a setting or a left-over; or it refers to other tables by columns that nothing checks, so that dangling references pile up and tools cannot tell what belongs together.",
  remedy: "Declare the references it has; drop it when nothing uses it any more; else leave it.",
  fails: ["CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint);"],
  passes: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
    "CREATE TABLE setting (key text PRIMARY KEY, value text);",
  ],
  *check({ view }) {
    const tables = [...ownTables(view)];
    // One table alone has nothing to be tied to.
    if (tables.length < 2) return;
    const tied = new Set<string>();
    for (const { of, target } of ownForeignKeys(view)) {
      tied.add(refKey(of.table));
      if (target !== undefined) tied.add(refKey(target.table));
    }
    for (const { table } of tables) {
      for (const parent of table.inherits)
        tied.add(refKey(table)).add(refKey(ref("table", parent.table, { schema: parent.schema })));
    }
    const alone = tables.filter(({ table }) => !tied.has(refKey(table)));
    // Where hardly any table is tied, that is one fact and not hundreds.
    if (alone.length > MANY && alone.length > tables.length / 2) {
      const schemas = new Map<string | null, number>();
      for (const { table } of alone) schemas.set(table.schema, (schemas.get(table.schema) ?? 0) + 1);
      for (const [schema, count] of schemas) {
        const message = `${count} tables of schema ${schema} have no foreign key in either direction`;
        yield { ref: ref("schema", schema ?? ""), message, evidence: [{ what: "tables", value: count }] };
      }
      return;
    }
    for (const { table } of alone)
      yield { ref: table, message: `table ${table.name} refers to no other table, and none refers to it` };
  },
});
