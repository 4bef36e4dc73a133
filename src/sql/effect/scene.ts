import type { Node, RangeVar } from "libpg-query";
import type { Effect, LockMode } from "../../model/plan.ts";
import { LOCK_MODES, strongerLock } from "../../model/plan.ts";
import { NOTHING_KNOWN, relationText } from "./known-schema.ts";
import type { KnownTable, SchemaLookup } from "./known-schema.ts";

/** The PostgreSQL major that is meant where nobody says another. */
export const MAJOR_ASSUMED = 18;

/** What is known about the place a statement will run in. Everything may be left out. */
export interface EffectContext {
  /** The server's major, e.g. 16; 9 for 9.6. Default {@link MAJOR_ASSUMED}. */
  readonly major?: number;
  readonly schema?: SchemaLookup;
  /** Relations made before in the same script or transaction, as SQL spells them: nobody waits for them. */
  readonly created?: ReadonlySet<string>;
  /** Where names without a schema lie. Default "public". */
  readonly defaultSchema?: string;
}

/** A list of names of the grammar as plain text. */
export function namePath(names: readonly Node[] | undefined): string[] {
  return (names ?? []).map((name) => ("String" in name ? (name.String.sval ?? "") : ""));
}

/** Collects what one statement does, while its families of statements look at it. */
export class Scene {
  readonly major: number;
  readonly schema: SchemaLookup;
  readonly #created: ReadonlySet<string>;
  readonly #defaultSchema: string;
  readonly #locks = new Map<string, LockMode>();
  readonly #rewrites = new Set<string>();
  readonly #scans = new Set<string>();
  readonly #loses: string[] = [];

  constructor(context: EffectContext) {
    this.major = context.major ?? MAJOR_ASSUMED;
    this.schema = context.schema ?? NOTHING_KNOWN;
    this.#created = context.created ?? new Set();
    this.#defaultSchema = context.defaultSchema ?? "public";
  }

  /** The relation that a RangeVar names, with its schema. */
  relation(range: RangeVar | undefined): string {
    const temporary = range?.relpersistence === "t" && range.schemaname === undefined;
    return relationText(range?.schemaname ?? (temporary ? "pg_temp" : this.#defaultSchema), range?.relname ?? "");
  }

  /** The relation that a list of names names, with its schema. */
  relationOf(path: readonly string[]): string {
    const [schema, name] = path.length > 1 ? path.slice(-2) : [this.#defaultSchema, path[0]];
    return relationText(schema ?? this.#defaultSchema, name ?? "");
  }

  table(relation: string): KnownTable | undefined {
    return this.schema.table(relation);
  }

  /** Whether the relation was made before in the same script, so that nobody waits for it. */
  isNew(relation: string): boolean {
    return this.#created.has(relation);
  }

  lock(relation: string, mode: LockMode): void {
    const held = this.#locks.get(relation);
    this.#locks.set(relation, held === undefined ? mode : strongerLock(held, mode));
  }

  rewrite(relation: string): void {
    this.#rewrites.add(relation);
  }

  scan(relation: string): void {
    this.#scans.add(relation);
  }

  lose(what: string): void {
    if (!this.#loses.includes(what)) this.#loses.push(what);
  }

  /** A relation with all its partitions and heirs, as far as they are known. */
  family(relation: string, only = false): readonly string[] {
    const all = new Set([relation]);
    if (!only) for (const one of all) for (const child of this.table(one)?.children ?? []) all.add(child);
    return [...all];
  }

  finish(): Effect {
    const rank = (mode: LockMode): number => LOCK_MODES.indexOf(mode);
    const shown = (relations: Iterable<string>): string[] =>
      [...relations].filter((one) => !this.isNew(one)).toSorted();
    const locks = shown(this.#locks.keys())
      .map((relation) => ({ relation, mode: this.#locks.get(relation) ?? "ACCESS SHARE" }))
      .toSorted((a, b) => rank(b.mode) - rank(a.mode));
    return {
      locks,
      rewrites: shown(this.#rewrites),
      scans: shown(this.#scans),
      losesData: this.#loses.length === 0 ? null : this.#loses.join("; "),
    };
  }
}
