import type { CastObject, CatalogObject, CompositeObject, FunctionObject } from "../model/catalog.ts";
import { ref } from "../model/ref.ts";
import { castSuffix } from "../sql/cast.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { asideName, besideAside } from "./aside.ts";
import { aside, change, create, drop, need } from "./piece.ts";
import type { Piece, Workshop } from "./piece.ts";

/*
 * The values of a composite type that stands aside go over to the type that takes its place attribute by attribute, by
 * name: as text, which knows places alone, they would get into one another's. Casts say how, and go when all is over.
 */

/** Makes the piece of one statement; see `pieces.ts`. */
type Add = (id: string, object: CatalogObject, made: NonNullable<Piece["change"]>) => Piece;

/** Makes the casts, there and back, of the composite types that stand aside; `add` makes each piece. */
export function convertAside(w: Workshop, add: Add): void {
  const { aside: asides, dropped, created } = w.decision;
  const pairs = [...asides].flatMap((key) => {
    const [before, after] = [dropped.get(key), created.get(key)];
    return before?.kind === "composite" && after?.kind === "composite" ? [{ key, before, after }] : [];
  });
  if (pairs.length === 0) return;
  const columns = [...w.altered].filter(([, { before }]) => before.kind === "column").map(([key]) => key);
  const users = columns.flatMap((key) => w.pieces.get(change(key)) ?? []);
  const types = [...asides].flatMap((key) => dropped.get(key) ?? []);
  for (const { key, before, after } of pairs) {
    const old = besideAside({ ...before, name: asideName(before.name) }, types) as CompositeObject;
    const casts = [...conversion(w, old, after), ...conversion(w, after, old)];
    const last = w.pieces.get(drop(key));
    for (const [index, object] of casts.entries()) {
      const made = add(`convert ${index} ${key}`, object, { type: "create", object });
      need(made, aside(key));
      need(made, create(key));
      const gone = add(`convert no more ${casts.length - index} ${key}`, object, { type: "drop", object });
      if (index > 0) {
        need(made, `convert ${index - 1} ${key}`);
        const next = w.pieces.get(`convert no more ${casts.length - index + 1} ${key}`);
        if (next !== undefined) need(next, gone.id);
      }
      for (const user of users) {
        need(user, made.id);
        need(gone, user.id);
      }
      if (last !== undefined) need(last, gone.id);
    }
  }
}

// The function that makes a value of one type one of the other, and the cast that calls it.
function conversion(w: Workshop, from: CompositeObject, to: CompositeObject): readonly [FunctionObject, CastObject] {
  const [source, target] = [qualified(from.schema, from.name), qualified(to.schema, to.name)];
  const name = qualified(from.schema, conversionName(from, to));
  const values = to.attributes.map((attribute) => {
    const was = from.attributes.find((one) => one.name === attribute.name);
    if (was === undefined) return `NULL::${attribute.type}`;
    return `($1).${ident(was.name)}${castSuffix(was.type, attribute.type, w.comparison.to.catalog)}`;
  });
  // A row without values is not the absence of one.
  const body = `SELECT CASE WHEN $1 IS DISTINCT FROM NULL THEN ROW(${values.join(", ")})::${target} END`;
  const routine: FunctionObject = {
    ...ref("function", conversionName(from, to), { schema: from.schema, signature: source }),
    kind: "function",
    routine: "function",
    language: "sql",
    returns: target,
    securityDefiner: false,
    definition: `CREATE FUNCTION ${name}(${source}) RETURNS ${target} LANGUAGE sql IMMUTABLE AS ${quotedBody(body)}`,
    comment: null,
    dependsOn: [],
  };
  const cast: CastObject = {
    ...ref("cast", `${source} AS ${target}`),
    kind: "cast",
    source,
    target,
    context: "explicit",
    method: "function",
    function: `${name}(${source})`,
    comment: null,
    dependsOn: [],
  };
  return [routine, cast];
}

// Both functions bear the name of the type that stands aside, as they take different types.
const conversionName = (from: CompositeObject, to: CompositeObject): string =>
  from.name.length > to.name.length ? from.name : to.name;

const quotedBody = (body: string): string => `'${body.replaceAll("'", "''")}'`;
