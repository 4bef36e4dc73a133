import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "of columns and expressions, with a target",
    sql: `create schema s; create table t (a int, b int, c text);
      create statistics s."st; --" (ndistinct, dependencies) on a, b from t;
      create statistics every on a, lower(c), (a + b) from t; alter statistics every set statistics 500;
      create statistics one on (a % 10) from t; comment on statistics every is 'for the report'`,
    has: [
      { kind: "statistics", schema: "s", name: "st; --", on: { schema: "public", table: "t" }, target: null },
      { kind: "statistics", name: "every", target: 500, comment: "for the report" },
    ],
  },
]);
