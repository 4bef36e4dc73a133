import { ident } from "../../sql/identifier.ts";
import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A foreign key is added and no index begins with its columns. */
export const foreignKeyWithoutIndexHere: LintRule = lintRule({
  id: "foreign-key-without-index-here",
  area: "locks",
  severity: "warning",
  equivalents: ["eugene:E15"],
  summary: "A foreign key is added and no index begins with its columns.",
  why: "Each DELETE and each change of a key on the other table looks for rows that refer to it. Without an index that is a reading of the whole table, with the row locked meanwhile.",
  remedy:
    "An index that begins with the columns of the foreign key and covers all rows, built CONCURRENTLY before the key is added.",
  inFunctions: false,
  fails: [
    "CREATE TABLE purchase (id bigint PRIMARY KEY, item bigint REFERENCES item (id))",
    `-- 1.sql
CREATE TABLE purchase (id bigint PRIMARY KEY, item bigint REFERENCES item (id));
-- 2.sql
CREATE INDEX CONCURRENTLY purchase_item ON purchase (item) WHERE item = 1;`,
  ],
  passes: [
    "CREATE TABLE purchase (id bigint PRIMARY KEY, item bigint REFERENCES item (id)); CREATE INDEX purchase_item ON purchase (item)",
    "CREATE TABLE purchase (item bigint REFERENCES item (id), id bigint, PRIMARY KEY (item, id))",
    `-- 1.sql
CREATE TABLE purchase (id bigint PRIMARY KEY, item bigint REFERENCES item (id));
-- 2.sql
CREATE INDEX CONCURRENTLY purchase_item ON purchase (item);`,
  ],
  *atLast(state) {
    for (const { table, columns, statement } of state.foreignKeys) {
      const known = state.schema.table(table);
      if (known === undefined || columns.some((column) => !known.columns.has(column) && known.complete)) continue;
      const covered = known.indexes.some(
        (index) => !index.partial && columns.every((column) => index.columns.slice(0, columns.length).includes(column)),
      );
      // A table that nobody knows may have the index since long.
      if (covered) continue;
      yield {
        message: `no index that is known begins with ${columns.map(ident).join(", ")}, the foreign key of ${table}`,
        relation: table,
        statement,
        ...(known.complete ? {} : { severity: "info" }),
      };
    }
  },
});
