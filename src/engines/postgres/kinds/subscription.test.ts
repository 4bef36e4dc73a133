import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "is kept without its password, at rest",
    admin: true,
    sql: `create subscription s connection 'host=/nowhere dbname=d password=hunter2' publication b, "A a" with (connect = false, slot_name = 'x', binary = true, streaming = off, disable_on_error = true);
      create subscription "t""; --" connection 'host=''a b''' publication p with (connect = false, slot_name = none); comment on subscription s is 'c'`,
    has: [
      {
        kind: "subscription",
        name: "s",
        connection: "host=/nowhere dbname=d",
        publications: ["A a", "b"],
        enabled: false,
        slot: "x",
        options: { binary: "true", disable_on_error: "true", streaming: "off" },
        comment: "c",
      },
      { kind: "subscription", name: 't"; --', connection: "host='a b'", slot: null },
    ],
    unmodelled: [{ kind: "withheld option", name: "password of subscription s" }],
  },
]);
