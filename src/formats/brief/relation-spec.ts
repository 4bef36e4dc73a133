import type { OnDelete } from "../../model/brief.ts";
import { Cursor, SpecError } from "./cursor.ts";
import { nearest } from "./nearest.ts";

/** What may happen to a row when the row it refers to goes. */
export const ON_DELETE: readonly OnDelete[] = ["restrict", "cascade", "set null", "no action"];

/** Words with a meaning in a reference's short form; no entity may bear them. */
export const RELATION_WORDS: readonly string[] = ["on", "one", "immutable", "ordered"];

/** What the short form of a reference says; `onDelete` is null where it says nothing. */
export interface RelationSpec {
  /** Empty where the reference is named after its target. */
  readonly targets: readonly { readonly name: string; readonly offset: number }[];
  readonly optional: boolean;
  readonly one: boolean;
  readonly immutable: boolean;
  readonly onDelete: OnDelete | null;
}

/**
 * Reads the short form of a reference, for example `task | comment? on delete cascade`:
 *
 *     reference = [ target { "|" target } [ "?" ] ] { "one" | "immutable" | "on delete" action }
 *     action    = "restrict" | "cascade" | "set null" | "no action"
 *
 * Throws {@link SpecError} with the offset of the first thing that does not fit.
 */
export function parseRelationSpec(text: string): RelationSpec {
  const cursor = new Cursor(text);
  const targets: { name: string; offset: number }[] = [];
  let optional = false;
  if (!cursor.done && !RELATION_WORDS.includes(/^\s*([\w-]*)/.exec(cursor.rest)?.[1] ?? "")) {
    do {
      const offset = cursor.offset;
      const name = cursor.word();
      if (name === null) throw cursor.unexpected("an entity, as in member? on delete set null");
      targets.push({ name, offset });
    } while (cursor.eat("|"));
    optional = cursor.eat("?");
  }
  const clausesFrom = cursor.offset;
  const clauses = parseClauses(cursor);
  if (!optional && clauses.onDelete === "set null")
    throw new SpecError(
      "a required reference cannot be set to null",
      clausesFrom,
      "on delete restrict, cascade or no action",
      `write ${targets.length === 0 ? "the entity with ?" : `${targets.map(({ name }) => name).join(" | ")}?`} to make it optional`,
    );
  return { targets, optional, ...clauses };
}

function parseClauses(cursor: Cursor): Pick<RelationSpec, "one" | "immutable" | "onDelete"> {
  const found: { one: boolean; immutable: boolean; onDelete: OnDelete | null } = {
    one: false,
    immutable: false,
    onDelete: null,
  };
  const expected = "one, immutable, or on delete restrict | cascade | set null | no action";
  while (!cursor.done) {
    const offset = cursor.offset;
    if (cursor.sees("?"))
      throw new SpecError('"?" stands too late', offset, "? right behind the entity, as in member?");
    const word = cursor.word();
    const twice = new SpecError(`"${word ?? ""}" is stated twice`, offset, "each word once");
    if (word === "one") {
      if (found.one) throw twice;
      found.one = true;
    } else if (word === "immutable") {
      if (found.immutable) throw twice;
      found.immutable = true;
    } else if (word === "on") {
      if (found.onDelete !== null) throw twice;
      found.onDelete = parseAction(cursor);
    } else {
      if (word === null) throw cursor.unexpected(expected);
      const guess = nearest(word, ["one", "immutable", "on delete"]);
      throw new SpecError(`unknown word "${word}"`, offset, expected, guess === null ? null : `did you mean ${guess}?`);
    }
  }
  return found;
}

function parseAction(cursor: Cursor): OnDelete {
  const expected = `on delete ${ON_DELETE.join(" | ")}`;
  if (cursor.word() !== "delete") throw cursor.unexpected(expected);
  const offset = cursor.offset;
  const first = cursor.word();
  if (first === null) throw cursor.unexpected(expected);
  const second = first === "set" || first === "no" ? cursor.word() : null;
  const said = second === null ? first : `${first} ${second}`;
  const action = ON_DELETE.find((one) => one === said);
  if (action !== undefined) return action;
  const guess = nearest(said, ON_DELETE);
  throw new SpecError(`unknown action "${said}"`, offset, expected, guess === null ? null : `did you mean ${guess}?`);
}

/** Reads the short form of a many-to-many: `member` or `tag ordered`. */
export function parseManyToManySpec(text: string): { readonly target: string; readonly ordered: boolean } {
  const cursor = new Cursor(text);
  const target = cursor.word();
  if (target === null || RELATION_WORDS.includes(target))
    throw cursor.unexpected("an entity, as in tag or tag ordered");
  const offset = cursor.offset;
  const word = cursor.word();
  if (word !== null && word !== "ordered") {
    const guess = nearest(word, ["ordered"]);
    throw new SpecError(
      `unknown word "${word}"`,
      offset,
      "ordered, or nothing",
      guess === null ? null : `did you mean ${guess}?`,
    );
  }
  cursor.end("nothing behind it");
  return { target, ordered: word === "ordered" };
}
