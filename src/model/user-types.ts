import type { ObjectBase } from "./object-base.ts";

/** An enumerated type; `values` in sort order. */
export interface EnumObject extends ObjectBase {
  readonly kind: "enum";
  readonly values: readonly string[];
}

/** A domain over `type`. */
export interface DomainObject extends ObjectBase {
  readonly kind: "domain";
  readonly type: string;
  readonly collation: string | null;
  readonly default: string | null;
  readonly notNull: boolean;
  /** `definition` is the whole clause, e.g. `CHECK (VALUE > 0)`. Sorted by name. */
  readonly checks: readonly {
    readonly name: string;
    readonly definition: string;
    readonly validated: boolean;
    readonly comment?: string;
  }[];
  /** The name of the NOT NULL constraint, where it is not the one it gets by itself (PostgreSQL 17 on). */
  readonly notNullName?: string;
  /** The comment on the NOT NULL constraint. */
  readonly notNullComment?: string;
}

/** A free-standing composite type. */
export interface CompositeObject extends ObjectBase {
  readonly kind: "composite";
  readonly attributes: readonly {
    readonly name: string;
    readonly type: string;
    readonly collation: string | null;
    readonly comment?: string;
  }[];
}

/** A range type. `options` holds the clauses after SUBTYPE, as printed, in a fixed order. */
export interface RangeObject extends ObjectBase {
  readonly kind: "range";
  readonly subtype: string;
  readonly options: Readonly<Record<string, string>>;
  /** Only its name is known yet: the function that it is defined with takes it. Never so in a catalog that was read. */
  readonly shell?: true;
  /** Of the multirange type that comes with it. */
  readonly multirangeComment?: string;
}
