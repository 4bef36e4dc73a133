/** A piece of a script that was left out on purpose, and why. */
export interface LoadSkip {
  readonly file: string;
  readonly line: number;
  /** The statement's first words; never a literal, so neither a password nor a row value. */
  readonly what: string;
  readonly why: string;
}

/** A statement that the server refused and that nothing excuses. */
export interface LoadFailure {
  readonly file: string;
  readonly line: number;
  /** The statement's first words; never a literal. */
  readonly statement: string;
  /** The server's message; for statements with rows only its class, since the message may quote a row. */
  readonly message: string;
  readonly hint: string | null;
  /** Where the failure stands that this one follows from (`file:line`), or null. */
  readonly followsFrom: string | null;
  readonly sqlstate: string | null;
}

/** Statements that matter to no catalog and are left out without a word for each of them. */
export type Ignored = "rows" | "ownership" | "session settings" | "maintenance";

/** A statement that would give an object to a role, and what it was to be run with. */
export interface Gift {
  readonly sql: string;
  readonly role: string;
  /** Null where the statement names the schema. */
  readonly searchPath: string | null;
}

/** What became of a script. Plain data. */
export interface LoadReport {
  readonly statements: number;
  /** Those that ran, or whose effect was brought about in another way (CREATE EXTENSION, CREATE ROLE). */
  readonly loaded: number;
  readonly ignored: Readonly<Record<Ignored, number>>;
  readonly skipped: readonly LoadSkip[];
  readonly failures: readonly LoadFailure[];
  /** Extensions the script asks for that the server does not have. */
  readonly missingExtensions: readonly string[];
  /** Roles the script names; they exist now, without rights of their own. */
  readonly createdRoles: readonly string[];
  /** `ALTER … OWNER TO` with a role that it names, in order: they are not run; see `giveAway`. Absent: none. */
  readonly gifts?: readonly Gift[];
  /** Statements that worked only when tried again at the end: they use what is defined after them. */
  readonly deferred: number;
  /** Databases the script connects to and fills; more than one means that they were merged. */
  readonly databases: readonly string[];
}

/**
 * The first words of a statement, cut before its first literal, parenthesis or comment, so that a person
 * can find it and nothing secret is shown.
 */
export function firstWords(text: string): string {
  // In statements on rows a value may stand after any operator.
  const stop = /^\s*(?:insert|update|delete|merge|select|values|with)\b/i.test(text)
    ? text.slice(0, 400).search(/[=<>]/)
    : -1;
  const head = /^(?:"(?:[^"]|"")*"|[^'"$(]|\$(?=\d))*/.exec(text.slice(0, stop < 0 ? 400 : stop))?.[0] ?? "";
  const words = head.replaceAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, " ").replace(/;\s*$/, "");
  const line = words.trim().replaceAll(/\s+/g, " ");
  if (line.length <= 80) return line;
  return `${line.slice(0, 80).replace(/ \S*$/, "")} …`;
}

/** A script to load, or a piece of one (around a file that it includes). */
export interface ScriptText {
  /** As messages shall name it. */
  readonly file: string;
  readonly text: string;
  /** The line of the file at which the text starts, from 1. */
  readonly line: number;
  /** True when it runs in the session of the piece before it. */
  readonly continues: boolean;
}
