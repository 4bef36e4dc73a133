import type { Random } from "../../src/twin/rows/random.ts";
import type { RandomPart, Relation } from "./random-part.ts";
import { quote } from "./random-schema.ts";
import type { RandomSchema } from "./random-schema.ts";

/** What draws a part of a kind under a name of its own. */
export type DrawPart = (random: Random, name: string, schema: RandomSchema) => Omit<RandomPart, "kind" | "name">;

/** The schema's tables, and its views where asked for. */
export function relationsOf(schema: RandomSchema, views: boolean): readonly Relation[] {
  return [
    ...schema.tables.map(({ name, columns }) => ({
      name: quote(name),
      view: false,
      columns: columns.map((column) => quote(column.name)),
    })),
    ...schema.views.map(({ name, columns }) => ({ name: quote(name), view: true, columns: columns.map(quote) })),
    ...schema.parts.flatMap(({ relations }) => relations),
  ].filter(({ view }) => views || !view);
}

/** One of the schema's tables, or views where asked for. */
export function drawRelation(random: Random, schema: RandomSchema, views = false): Relation {
  const all = relationsOf(schema, views);
  return all.length === 0 ? { name: '"none"', view: false, columns: ['"none"'] } : random.pick(all);
}
