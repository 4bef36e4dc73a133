import type { ViewObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { NotUnderstood } from "../cursor.ts";
import { folded } from "../lex.ts";
import { namesIn, parseView } from "../parse-index.ts";
import type { ParsedView } from "../parse-index.ts";
import { MAIN, identList, qualified, statement } from "../print.ts";
import { declaredType } from "./column.ts";
import type { ObjectKind, Reading } from "./kind.ts";
import { COLUMNS } from "./table.ts";
import { refKey } from "../../../model/ref.ts";

interface Row {
  readonly name: string;
  readonly sql: string | null;
}

const VIEWS = `SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY name`;

// A view over what is gone, or over a function or module that is not here, cannot tell its columns.
function columnsOf(row: Row, parsed: ParsedView, reading: Reading): ViewObject["columns"] {
  try {
    return reading.session
      .query<{ name: string; type: string }>(COLUMNS, [row.name])
      .map(({ name, type }) => ({ name, type: declaredType(type) }));
  } catch (error) {
    if (!reading.isSqlError(error)) throw error;
    reading.report("columns of a view that does not expand", `${row.name}: ${(error as Error).message}`);
    return (parsed.columns ?? []).map((name) => ({ name, type: "" }));
  }
}

function viewOf(row: Row, reading: Reading): ViewObject {
  const parsed = parseView(row.sql ?? "");
  const dependsOn: RefKey[] = [];
  for (const name of namesIn(parsed.tokens)) {
    const key = reading.relations.get(folded(name));
    if (key !== undefined) dependsOn.push(key);
  }
  return {
    ...ref("view", row.name, { schema: MAIN }),
    kind: "view",
    materialised: false,
    columns: columnsOf(row, parsed, reading),
    definition: parsed.query,
    // Names given in parentheses are part of the text; otherwise they follow from the query.
    options: parsed.columns === null ? {} : { columns: "named" },
    comment: null,
    dependsOn,
  };
}

/** Views. What a view needs is known by name only: SQLite looks when the view is used. */
export const view: ObjectKind<"view"> = {
  kind: "view",
  read(reading) {
    const rows = reading.session.query<Row>(VIEWS);
    for (const { name } of rows) reading.relations.set(folded(name), refKey(ref("view", name, { schema: MAIN })));
    return rows.flatMap((row) => {
      try {
        return [viewOf(row, reading)];
      } catch (error) {
        if (!(error instanceof NotUnderstood)) throw error;
        reading.report("view whose text was not understood", `${row.name}: ${error.message}`);
        return [];
      }
    });
  },
  create(object) {
    if (object.materialised) throw new UnprintableChange("view", "create", "SQLite has no materialised views");
    const named = object.options["columns"] === "named";
    const columns = named ? ` (${identList(object.columns.map((column) => column.name))})` : "";
    return [statement(`CREATE VIEW ${qualified(object.schema, object.name)}${columns} AS\n${object.definition}`)];
  },
  drop: (object) => [statement(`DROP VIEW ${qualified(object.schema, object.name)}`)],
};
