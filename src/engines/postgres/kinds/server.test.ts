import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "of a wrapper of one's own and of an extension's, whose password is withheld",
    admin: true,
    sql: `create foreign data wrapper w; create server plain foreign data wrapper w; create schema x; create extension postgres_fdw schema x;
      create server "s""; --" type 't' version '1.0' foreign data wrapper postgres_fdw options (host 'h', dbname 'd', fetch_size '10');
      create server odd foreign data wrapper w options (api_token 'let me in'); comment on server plain is 'c';
      grant usage on foreign server plain to app; grant usage on foreign data wrapper w to app with grant option`,
    has: [
      {
        kind: "server",
        name: 's"; --',
        type: "t",
        version: "1.0",
        wrapper: "postgres_fdw",
        options: { dbname: "d", fetch_size: "10", host: "h" },
        dependsOn: ["extension x.postgres_fdw"],
      },
      { kind: "server", name: "odd", options: { api_token: "(withheld)" } },
      { kind: "grant", on: "foreign server", name: "plain", grantee: "app", privileges: ["USAGE"] },
      { kind: "grant", on: "foreign data wrapper", name: "w", privileges: ["USAGE WITH GRANT OPTION"] },
    ],
    unmodelled: [{ kind: "withheld option", name: "api_token of server odd" }],
  },
]);
