import type { TriggerObject } from "../../../model/catalog.ts";
import { ref } from "../../../model/ref.ts";
import { folded, tokensOf } from "../lex.ts";
import { trimmed } from "../parse-index.ts";
import { MAIN, qualified, statement } from "../print.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly name: string;
  readonly relation: string;
  readonly sql: string | null;
}

const TRIGGERS = `SELECT name, tbl_name AS relation, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`;

/** Triggers of tables and views, as their text. */
export const trigger: ObjectKind<"trigger"> = {
  kind: "trigger",
  read: (reading) =>
    reading.session.query<Row>(TRIGGERS).flatMap((row): TriggerObject[] => {
      const key = reading.relations.get(folded(row.relation));
      if (key === undefined || row.sql === null) {
        reading.report("trigger of a table that is not modelled", row.name);
        return [];
      }
      // The relation's name in its own case, from its key's object.
      const relation = reading.tables.get(folded(row.relation))?.name ?? row.relation;
      return [
        {
          ...ref("trigger", row.name, { schema: MAIN, table: relation }),
          kind: "trigger",
          table: relation,
          definition: trimmed(tokensOf(row.sql))
            .map((token) => token.text)
            .join(""),
          enabled: "origin",
          comment: null,
          dependsOn: [key],
        },
      ];
    }),
  create: (object) => [statement(object.definition)],
  drop: (object) => [statement(`DROP TRIGGER ${qualified(object.schema, object.name)}`)],
};
