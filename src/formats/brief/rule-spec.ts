import { Cursor } from "./cursor.ts";

/** A word of a short form with where it stands in it. */
export interface Word {
  readonly name: string;
  readonly offset: number;
}

/** What a rule says, names not yet looked up. `offset` is where the expression begins in the text. */
export type RuleSpec =
  | { readonly kind: "check"; readonly expression: string; readonly offset: number }
  | {
      readonly kind: "unique";
      readonly fields: readonly Word[];
      readonly where: { readonly expression: string; readonly offset: number } | null;
    }
  | { readonly kind: "no-overlap"; readonly from: Word; readonly to: Word; readonly per: readonly Word[] };

/**
 * Reads a rule:
 *
 *     rule = "unique" "(" name { "," name } ")" [ "where" condition ]
 *          | "no overlap of" "(" name "," name ")" [ "per" name { "," name } ]
 *          | condition
 *
 * A condition is an SQL expression over the entity's fields and references; `scanExpression` judges it.
 * Throws `SpecError` with the offset of the first thing that does not fit.
 */
export function parseRule(text: string): RuleSpec {
  if (/^\s*unique\b/i.test(text)) return parseUnique(new Cursor(text));
  if (/^\s*no[\s-]+overlap\b/i.test(text)) return parseNoOverlap(new Cursor(text));
  const trimmed = text.trimEnd();
  const offset = trimmed.length - trimmed.trimStart().length;
  return { kind: "check", expression: trimmed.trim(), offset };
}

/** A name, perhaps with a path: `member`, `task.project`. */
export function parseWord(cursor: Cursor, expected: string): Word {
  const offset = cursor.offset;
  const name = cursor.word();
  if (name === null) throw cursor.unexpected(expected);
  return { name, offset };
}

function parseUnique(cursor: Cursor): RuleSpec {
  const form = "unique (a, b), or unique (a, b) where condition";
  cursor.match(/unique/iu);
  cursor.need("(", `as in ${form}`);
  const fields = cursor.list(() => parseWord(cursor, "a field or reference of the entity"));
  cursor.need(")", `as in ${form}`);
  if (cursor.done) return { kind: "unique", fields, where: null };
  if (cursor.match(/where\b/iu) === null) throw cursor.unexpected(`where and a condition, or nothing: ${form}`);
  if (cursor.done) throw cursor.unexpected("a condition, as in deleted_at is null");
  return { kind: "unique", fields, where: { expression: cursor.rest.trim(), offset: cursor.offset } };
}

function parseNoOverlap(cursor: Cursor): RuleSpec {
  const form = "no overlap of (from, to) per member";
  cursor.match(/no[\s-]+overlap/iu);
  if (cursor.match(/of\b/iu) === null) throw cursor.unexpected(`of, as in ${form}`);
  cursor.need("(", `as in ${form}`);
  const from = parseWord(cursor, "the field where the span begins");
  cursor.need(",", `and the field where the span ends, as in ${form}`);
  const to = parseWord(cursor, "the field where the span ends");
  cursor.need(")", `as in ${form}`);
  if (cursor.done) return { kind: "no-overlap", from, to, per: [] };
  if (cursor.match(/per\b/iu) === null) throw cursor.unexpected(`per and what overlaps are judged within: ${form}`);
  const per = cursor.list(() => parseWord(cursor, "a field or reference of the entity"));
  cursor.end("nothing behind it");
  return { kind: "no-overlap", from, to, per };
}

/** Reads a dependency: `country -> currency` or `country, city -> region, timezone`. */
export function parseDependency(text: string): { readonly from: readonly Word[]; readonly to: readonly Word[] } {
  const cursor = new Cursor(text);
  const names = (): Word[] => cursor.list(() => parseWord(cursor, "fields, as in country, city -> region"));
  const from = names();
  if (!cursor.eat("->") && !cursor.eat("→"))
    throw cursor.unexpected("-> and what depends on it, as in country -> currency");
  const to = names();
  cursor.end("nothing behind it");
  return { from, to };
}

/** What an aggregate counts: `count of task`, `sum(ended_at - started_at) of time_entry`. */
export interface AggregateSpec {
  readonly function: "count" | "sum" | "avg" | "min" | "max";
  readonly expression: { readonly text: string; readonly offset: number } | null;
  readonly entity: Word;
}

const FUNCTIONS = ["count", "sum", "avg", "min", "max"] as const;

/** Reads `count of entity` or `function(expression) of entity`. */
export function parseAggregate(text: string): AggregateSpec {
  const cursor = new Cursor(text);
  const form = "count of task, or sum(amount) of payment (also avg, min, max)";
  const name = cursor.match(/[\p{L}_]+/u);
  const found = FUNCTIONS.find((one) => one === name);
  if (found === undefined) throw new Cursor(text).unexpected(form);
  let expression: AggregateSpec["expression"] = null;
  if (cursor.sees("(")) {
    cursor.eat("(");
    const offset = cursor.offset;
    // The last `) of` ends the expression: parentheses inside it are its own.
    const inner = /^(.*)\)\s*of\b/su.exec(cursor.rest)?.[1];
    if (inner === undefined) throw new Cursor(text).unexpected(form);
    cursor.match(/.*(?=\)\s*of\b)/su);
    cursor.eat(")");
    if (inner.trim() !== "" && inner.trim() !== "*") expression = { text: inner.trim(), offset };
  }
  if (cursor.match(/of\b/u) === null) throw cursor.unexpected(`of and an entity: ${form}`);
  const entity = parseWord(cursor, "an entity");
  cursor.end("nothing behind it");
  if (found !== "count" && expression === null) throw new Cursor(text).unexpected(`what to ${found}: ${form}`);
  return { function: found, expression, entity };
}
