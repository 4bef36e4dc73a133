import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "for everybody, the reader and a role; a password is withheld",
    admin: true,
    sql: `create foreign data wrapper w; create server s foreign data wrapper w; create server "S 2" foreign data wrapper w;
      create user mapping for public server s options (passfile '/f'); create user mapping for current_user server s;
      create user mapping for app server "S 2" options (user 'it''s', password 'hunter2')`,
    has: [
      { kind: "user-mapping", name: "public", user: "public", server: "s", options: { passfile: "/f" } },
      { kind: "user-mapping", name: "current_user", user: null, server: "s" },
      { kind: "user-mapping", user: "app", server: "S 2", options: { password: "(withheld)", user: "it's" } },
    ],
    unmodelled: [{ kind: "withheld option", name: 'password of user mapping for app on server "S 2"' }],
  },
]);
