import { roundTrips } from "../testing.test-data.ts";

roundTrips([
  {
    name: "with tags, states and comments",
    admin: true,
    sql: `create schema s; create function s."f g"() returns event_trigger language plpgsql as 'begin end';
      create event trigger "on; start" on ddl_command_start execute function s."f g"();
      create event trigger dropped on sql_drop when tag in ('DROP TABLE', 'ALTER TABLE') execute function s."f g"();
      alter event trigger dropped disable; comment on event trigger dropped is 'who dropped it'`,
    has: [
      { kind: "event-trigger", name: "on; start", event: "ddl_command_start", tags: [], function: 's."f g"' },
      {
        kind: "event-trigger",
        name: "dropped",
        tags: ["ALTER TABLE", "DROP TABLE"],
        enabled: "disabled",
        comment: "who dropped it",
        dependsOn: ['function s."f g"'],
      },
    ],
  },
]);
