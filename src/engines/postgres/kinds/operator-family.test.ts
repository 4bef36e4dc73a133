import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with members across types, and an empty one",
    admin: true,
    sql: `create schema s; create operator family s.empty using hash; create operator family s."f; --" using btree;
      alter operator family s."f; --" using btree add operator 1 < (int4, int8), function 1 btint48cmp(int4, int8),
        operator 1 < (int4, int4), function 1 (int4, int4) btint4cmp(int4, int4);
      create operator family s.near using gist; alter operator family s.near using gist add
        operator 15 <-> (point, point) for order by pg_catalog.float_ops`,
    has: [
      { kind: "operator-family", name: "empty", signature: "hash", members: [] },
      {
        kind: "operator-family",
        name: "near",
        members: [
          {
            what: "operator",
            number: 15,
            left: "point",
            right: "point",
            name: "pg_catalog.<->",
            sort: "pg_catalog.float_ops",
          },
        ],
      },
    ],
  },
]);
