import type { Demand } from "./demand.ts";

/** A column of a stored relation, at the place where a statement names that. */
export interface Place {
  readonly demand: Demand;
  readonly column: string;
}

/** What a FROM clause brings in: its columns by name, with where each comes from (null: computed). */
export interface Source {
  readonly alias: string;
  readonly columns: ReadonlyMap<string, Place | null>;
  /** The relation itself, where it is one. */
  readonly demand: Demand | null;
}

/** The names that are seen at one level of a statement, those of the levels around it behind them. */
export class Scope {
  readonly sources: Source[] = [];
  readonly parent: Scope | null;
  private readonly withs = new Map<string, ReadonlyMap<string, Place | null>>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  /** Makes the result of a WITH query known by its name. */
  define(name: string, columns: ReadonlyMap<string, Place | null>): void {
    this.withs.set(name, columns);
  }

  /** The columns of the WITH query of that name; undefined when there is none. */
  defined(name: string): ReadonlyMap<string, Place | null> | undefined {
    return this.withs.get(name) ?? this.parent?.defined(name);
  }

  /** Where a column reference leads; null for computed columns and unknown names. */
  resolve(path: readonly string[]): Place | null {
    const column = path.at(-1) ?? "";
    const alias = path.at(-2);
    for (const source of this.sources) {
      if (alias !== undefined && source.alias !== alias) continue;
      const place = source.columns.get(column);
      if (place !== undefined) return place;
    }
    return this.parent?.resolve(path) ?? null;
  }
}
