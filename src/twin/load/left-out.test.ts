import { expect, test } from "vitest";
import { leftOut } from "./left-out.ts";
import type { LoadReport } from "./report.ts";

test("what a superuser alone may make is named, and nothing else", () => {
  const what = [
    'CREATE EVENT TRIGGER "on; start" ON ddl_command_start',
    "create event  trigger plain on sql_drop",
    "CREATE OPERATOR CLASS s.my_ops DEFAULT FOR TYPE t USING btree AS",
    'CREATE OPERATOR FAMILY s."F" USING btree',
    "CREATE EXTENSION postgis",
    "CREATE FUNCTION f",
  ];
  const report: LoadReport = {
    statements: 6,
    loaded: 0,
    ignored: { rows: 0, ownership: 0, "session settings": 0, maintenance: 0 },
    skipped: what.map((words, index) => ({ file: "x.sql", line: index, what: words, why: "why" })),
    failures: [],
    missingExtensions: [],
    createdRoles: [],
    deferred: 0,
    databases: [],
  };
  expect(leftOut(report)).toEqual([
    { kind: "event trigger", name: '"on; start"' },
    { kind: "event trigger", name: "plain" },
    { kind: "operator class", name: "s.my_ops" },
    { kind: "operator family", name: 's."F"' },
  ]);
});
