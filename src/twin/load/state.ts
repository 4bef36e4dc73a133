import type { Node } from "libpg-query";
import type { Session } from "../../engines/postgres/driver.ts";
import { DbwrightError } from "../../model/error.ts";
import type { TwinDatabase } from "../server.ts";
import type { Gift, Ignored, LoadSkip } from "./report.ts";
import type { Refusal, ScriptSession, SessionState } from "./session.ts";

/** A statement that the server refused, kept to be tried again at the end. */
export interface Refused {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
  /** The rows that belong to a COPY. */
  readonly data: string | null;
  /** Null when the grammar at hand does not know it. */
  readonly node: Node | null;
  readonly refusal: Refusal;
  readonly session: SessionState;
}

/** What a load knows while it runs. */
export interface Loading {
  readonly database: TwinDatabase;
  readonly admin: Session;
  readonly session: ScriptSession;
  readonly rows: boolean;
  statements: number;
  loaded: number;
  readonly ignored: Record<Ignored, number>;
  readonly gifts: Gift[];
  readonly skipped: LoadSkip[];
  readonly refused: Refused[];
  /** Names of what was left out, with the reason; see `Absences`. */
  readonly names: Map<string, string>;
  /** Extensions that are not at hand, with their schema. */
  readonly missing: Map<string, string | null>;
  /** Whether the last word on an extension was CREATE (true) or DROP (false). */
  readonly wanted: Map<string, boolean>;
  /** Schemas that exist without the script: a CREATE SCHEMA of theirs is no failure. */
  readonly presentSchemas: Set<string>;
  readonly roles: Set<string>;
  /** Variables of psql, for `:name` in statements. */
  readonly variables: Map<string, string>;
  /** Databases in which the script made something, by the names it connects to; "" before it connects. */
  readonly databases: Set<string>;
  connected: string;
  /** The transaction the script has open: its line, and how many statements had been refused by then. */
  transaction: { readonly line: number; readonly refused: number } | null;
}

/** Makes sure a role exists, once; a name that cannot be had is reported at the place that uses it. */
export async function ensureRole(loading: Loading, name: string, place: Omit<LoadSkip, "why">): Promise<void> {
  if (name === "" || loading.roles.has(name)) return;
  try {
    await loading.database.ensureRole(name);
    loading.roles.add(name);
  } catch (error) {
    if (!(error instanceof DbwrightError)) throw error;
    loading.skipped.push({ ...place, why: `the role ${name} cannot be made here: ${error.problems[0]?.what ?? ""}` });
  }
}
