import type { Random } from "../../src/twin/rows/random.ts";
import type { RandomSchema } from "./random-schema.ts";
import { quote } from "./random-schema.ts";

/*
 * What a schema holds besides the plain tables and views of random-schema.ts. A part is text that may name what is not
 * there, or not fit what is: the server leaves out what it refuses, on both sides by the same rule.
 */

/** When a part is made: before tables, as tables are, on tables, as views are, on views. */
export type Stage = "type" | "table" | "on table" | "view" | "on view";

/** A part of a schema. */
export interface RandomPart {
  readonly kind: string;
  readonly name: string;
  readonly stage: Stage;
  readonly sql: readonly string[];
  /** Types that it makes, as columns name them. */
  readonly types: readonly string[];
  /** Tables and views that it makes. */
  readonly relations: readonly Relation[];
}

/** A table or view, its name and columns as SQL. */
export interface Relation {
  readonly name: string;
  readonly view: boolean;
  readonly columns: readonly string[];
}

/** What draws a part of a kind under a name of its own. */
export type DrawPart = (random: Random, name: string, schema: RandomSchema) => Omit<RandomPart, "kind" | "name">;

/** A part without types and relations. */
export const plainPart = (stage: Stage, sql: readonly string[]): Omit<RandomPart, "kind" | "name"> => ({
  stage,
  sql,
  types: [],
  relations: [],
});

/** Roles that parts name; they are there before a case begins. */
export const ROLES = ["random_reader", "random_writer"] as const;

/** The other schema that parts put things into. */
export const FAR = "far";

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

/** Some of the texts, each by chance. */
export const maybe = (random: Random, probability: number, ...texts: readonly string[]): string[] =>
  random.chance(probability) ? [random.pick(texts)] : [];
