import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with a validator, options, a comment, and a hostile name",
    admin: true,
    sql: `create foreign data wrapper v validator postgresql_fdw_validator; create foreign data wrapper w options (debug 'on', a 'it''s \\');
      comment on foreign data wrapper w is 'it''s'; create foreign data wrapper "w"";--"`,
    has: [
      {
        kind: "foreign-data-wrapper",
        name: "w",
        options: { a: "it's \\", debug: "on" },
        comment: "it's",
      },
      { kind: "foreign-data-wrapper", name: "v", validator: "postgresql_fdw_validator" },
      { kind: "foreign-data-wrapper", name: 'w";--' },
    ],
  },
]);
