import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "default and not",
    sql: `create schema s; create conversion s."c; --" for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
      create default conversion c2 for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; comment on conversion c2 is 'to the west'`,
    has: [
      { kind: "conversion", name: "c; --", from: "LATIN1", to: "UTF8", default: false },
      { kind: "conversion", name: "c2", default: true, comment: "to the west" },
    ],
  },
]);
