import { SpecError } from "./cursor.ts";
import type { Word } from "./rule-spec.ts";

/** What a condition or measure of the brief refers to. */
export interface ScannedExpression {
  /** Bare names: fields and references, each with its offset. */
  readonly names: readonly Word[];
  /** Names that are called: `lower(`. */
  readonly calls: readonly Word[];
}

/** Words of SQL expressions that are no names. Type names are here where they may stand before a literal. */
const WORDS = new Set(
  `and or not is null true false unknown between symmetric in like ilike similar to escape case when then else end
   distinct from any all some array cast as at time zone interval date timestamp collate current_date
   current_timestamp localtimestamp isnull notnull row overlaps`.split(/\s+/),
);
/** Words that begin a statement or a subquery: a condition holds neither. */
const FORBIDDEN = new Set(
  `select insert update delete drop create alter grant revoke truncate copy with union exists execute do call set reset
   begin commit rollback vacuum lock notify listen`.split(/\s+/),
);
/** Functions that act, wait, look outside the row or answer differently each time: none belongs in a brief. */
const UNSTEADY =
  /^(?:pg_|lo_|dblink|(?:query|table|schema|database|cursor)_to_|xpath_table|set_config|current_setting|nextval|setval|currval|lastval|random|setseed|gen_random_|uuid_generate_|uuidv[47]|txid_|clock_timestamp|timeofday)/;
const EXTRACTED = new Set("year month day hour minute second quarter week dow isodow doy epoch century".split(" "));
const TOKEN =
  /(?<blank>\s+)|(?<text>'(?:[^']|'')*')|(?<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<cast>::\s*[a-z_][a-z0-9_ ]*(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?)|(?<symbol>[-+*/%<>=!~|&^(),.]|\[|\])/iuy;

const EXPECTED = "an SQL condition over the entity's fields, as in ends_on >= starts_on";

/**
 * Reads an SQL expression as words, without understanding its grammar (the server does that): no
 * statement can hide in it. Quotes and parentheses close, and there is no `;`, comment, `$` quote,
 * quoted identifier, subquery or second statement. Throws {@link SpecError} otherwise.
 */
export function scanExpression(text: string): ScannedExpression {
  if (text.trim() === "") throw new SpecError("an empty condition", 0, EXPECTED);
  const names: Word[] = [];
  const calls: Word[] = [];
  const open: number[] = [];
  let previous = "";
  for (let offset = 0; offset < text.length;) {
    refuse(text, offset);
    TOKEN.lastIndex = offset;
    const found = TOKEN.exec(text);
    if (found === null) throw new SpecError(`unexpected "${text[offset] ?? ""}"`, offset, EXPECTED);
    const { word, symbol, blank } = found.groups as Readonly<Record<string, string | undefined>>;
    if (symbol === "(") open.push(offset);
    if (symbol === ")" && open.pop() === undefined) throw new SpecError('a ")" closes nothing', offset, EXPECTED);
    const next = offset + found[0].length;
    if (word !== undefined) classify({ name: word, offset }, text.slice(next), previous, names, calls);
    if (blank === undefined) previous = found[0].toLowerCase();
    offset = next;
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw new SpecError('a "(" is not closed', unclosed, EXPECTED);
  return { names, calls };
}

function refuse(text: string, offset: number): void {
  const two = text.slice(offset, offset + 2);
  if (two === "--" || two === "/*") throw new SpecError("a comment in a condition", offset, EXPECTED);
  const refused: Readonly<Record<string, string>> = {
    ";": 'a ";" in a condition',
    $: 'a "$" in a condition',
    "\\": 'a "\\" in a condition',
    '"': "a quoted identifier in a condition",
  };
  const what = refused[text[offset] ?? ""];
  if (what === undefined) return;
  const mend = text[offset] === '"' ? "write names bare, and text in single quotes" : null;
  throw new SpecError(what, offset, EXPECTED, mend);
}

function classify(word: Word, after: string, previous: string, names: Word[], calls: Word[]): void {
  const name = word.name.toLowerCase();
  if (FORBIDDEN.has(name))
    throw new SpecError(
      `"${word.name}" in a condition`,
      word.offset,
      EXPECTED,
      "a condition sees one row: no subquery, no statement",
    );
  if (WORDS.has(name)) return;
  if (previous === "(" && EXTRACTED.has(name) && /^\s+from\b/i.test(after)) return;
  if (/^\s*\(/.test(after)) {
    if (UNSTEADY.test(name))
      throw new SpecError(
        `${word.name}() in a condition`,
        word.offset,
        "functions whose answer follows from the row alone",
        "a condition is judged again whenever a row is copied or restored, and must then hold as before",
      );
    calls.push(word);
  } else if (previous === ".")
    throw new SpecError(
      "a path in a condition",
      word.offset,
      "fields of the entity itself",
      "a condition sees one row of one entity",
    );
  else names.push(word);
}
