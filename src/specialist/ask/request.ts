import { nearest } from "../../formats/brief/nearest.ts";
import { invalid } from "../../model/error.ts";

/** What an agent can ask for. `review`: what is wrong with a schema; `design`: a schema for stated needs. */
export const OPERATIONS = ["design", "review"] as const;

/** @see OPERATIONS */
export type Operation = (typeof OPERATIONS)[number];

/** A request of another agent, read and judged. */
export interface DatabaseRequest {
  readonly requestingAgent: string;
  readonly operation: Operation;
  /** What the agent wants to know, in words; the current schema is cut down to what they name. */
  readonly query: string;
  /** A source as `inspect` takes it, or null. A review has one. */
  readonly source: string | null;
  /** A brief's file, the text of one, or null. */
  readonly brief: { readonly path: string } | { readonly text: string } | null;
}

const REQUEST_TYPE = "get_database_context";
const EXAMPLE =
  '{"requesting_agent":"backend","request_type":"get_database_context","payload":{"query":"orders","operation":"review","source":"schema.sql"}}';
const REQUEST_FIELDS = ["requesting_agent", "request_type", "payload"];
const PAYLOAD_FIELDS = ["query", "operation", "source", "brief"];

type Fields = Readonly<Record<string, unknown>>;

/** What a request is about where it does not say so itself: whoever runs dbwright for the agent knows. */
export interface RequestDefaults {
  readonly source?: string | undefined;
  /** The path of a brief. Only for requests for a design. */
  readonly brief?: string | undefined;
}

/**
 * Reads a request. Throws `invalid` (exit 2) with one problem: the first that stands in the way. `where` names the
 * text in messages.
 */
export function readRequest(text: string, where: string, defaults: RequestDefaults = {}): DatabaseRequest {
  const request = fields(parsed(text, where), where, "", REQUEST_FIELDS);
  const requestingAgent = words(request, "requesting_agent", where, "the name of the agent that asks");
  oneOf(words(request, "request_type", where, REQUEST_TYPE), [REQUEST_TYPE], "request_type", where);
  const payload = fields(request["payload"], where, "payload", PAYLOAD_FIELDS);
  const query = words(payload, "query", `${where}: payload`, "what you want to know, in words");
  const given = words(payload, "operation", `${where}: payload`, OPERATIONS.join(" or "));
  const operation = oneOf(given, OPERATIONS, "operation", `${where}: payload`);
  const source =
    payload["source"] === undefined ? (defaults.source ?? null) : words(payload, "source", `${where}: payload`, SOURCE);
  const spare = operation === "design" && defaults.brief !== undefined ? { path: defaults.brief } : null;
  const brief = briefOf(payload, `${where}: payload`) ?? spare;
  if (operation === "review" && source === null) {
    throw invalid({
      what: "a review needs a source",
      where: `${where}: payload.source`,
      expected: SOURCE,
      mend: "add it, or run ask with --source",
    });
  }
  if (operation === "design" && source === null && brief === null) {
    throw invalid({
      what: "a design needs a brief, or the source that it is about",
      where: `${where}: payload`,
      expected: `brief: ${BRIEF}`,
      mend: "add it, or run ask with --brief; docs/guides/brief.md says what a brief holds",
    });
  }
  if (operation === "review" && brief !== null) {
    throw invalid({
      what: "a review takes no brief",
      where: `${where}: payload.brief`,
      mend: 'leave it out, or ask with "operation":"design"',
    });
  }
  return { requestingAgent, operation, query, source, brief };
}

const SOURCE = "a postgres:// URL, sqlite:PATH, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH";
const BRIEF = "the path of a YAML brief, its text, or the brief as an object";

function parsed(text: string, where: string): unknown {
  if (text.trim() === "") {
    throw invalid({ what: "the request is empty", where, expected: EXAMPLE });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(
      { what: `the request is not JSON${placeOf(error, text)}`, where, expected: EXAMPLE },
      { cause: error },
    );
  }
}

// The parser's own message repeats the text around the place, which may hold a password.
function placeOf(error: unknown, text: string): string {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  if (position === undefined) return ", or not whole";
  const lines = text.slice(0, Number(position)).split("\n");
  return ` at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function fields(value: unknown, where: string, name: string, known: readonly string[]): Fields {
  const at = name === "" ? where : `${where}: ${name}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const what = value === undefined ? "is missing" : "is not an object";
    throw invalid({ what: `${name === "" ? "the request" : name} ${what}`, where: at, expected: EXAMPLE });
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return value as Fields;
  const near = nearest(unknown, known);
  throw invalid({
    what: `there is no field ${JSON.stringify(unknown)}`,
    where: at,
    expected: known.join(", "),
    ...(near === null ? {} : { mend: `did you mean ${near}?` }),
  });
}

function words(from: Fields, key: string, where: string, expected: string): string {
  const value = from[key];
  if (typeof value === "string" && value.trim() !== "") return value;
  const what = value === undefined ? "is missing" : typeof value === "string" ? "is empty" : "is not a text";
  throw invalid({ what: `${key} ${what}`, where, expected });
}

function oneOf<T extends string>(value: string, known: readonly T[], key: string, where: string): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  const near = nearest(value, known);
  throw invalid({
    what: `${JSON.stringify(value)} is no ${key}`,
    where,
    expected: known.join(", "),
    ...(near === null ? {} : { mend: `did you mean ${near}?` }),
  });
}

// JSON is YAML: a brief given as an object is read as if it had been written so.
function briefOf(payload: Fields, where: string): DatabaseRequest["brief"] {
  const value = payload["brief"];
  if (value === undefined) return null;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { text: JSON.stringify(value, null, 2) };
  }
  const text = words(payload, "brief", where, BRIEF);
  return text.includes("\n") ? { text } : { path: text };
}
