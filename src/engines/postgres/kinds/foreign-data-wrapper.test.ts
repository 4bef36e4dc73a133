import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with a validator, options, a comment, and a hostile name",
    admin: true,
    sql: `create foreign data wrapper w validator postgresql_fdw_validator options (host 'h', dbname 'it''s \\');
      comment on foreign data wrapper w is 'it''s'; create foreign data wrapper "w"";--"`,
    has: [
      {
        kind: "foreign-data-wrapper",
        name: "w",
        validator: "postgresql_fdw_validator",
        options: { dbname: "it's \\", host: "h" },
        comment: "it's",
      },
      { kind: "foreign-data-wrapper", name: 'w";--' },
    ],
  },
]);
