import type { Random } from "../../src/twin/rows/random.ts";

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

/** Some of the texts, each by chance. */
export const maybe = (random: Random, probability: number, ...texts: readonly string[]): string[] =>
  random.chance(probability) ? [random.pick(texts)] : [];
