import type { ObjectBase } from "./object-base.ts";

/** A cast, named `source AS target`. Functions are spelled with their argument types. */
export interface CastObject extends ObjectBase {
  readonly kind: "cast";
  readonly source: string;
  readonly target: string;
  readonly context: "explicit" | "assignment" | "implicit";
  readonly method: "function" | "inout" | "binary";
  /** Of method "function", else null. */
  readonly function: string | null;
}

/**
 * An operator; `signature` is its operand types, `NONE` for what is missing on the left. Links to others are
 * spelled `OPERATOR(schema.=)`. A shell, which another operator names and nobody has defined, has no function.
 */
export interface OperatorObject extends ObjectBase {
  readonly kind: "operator";
  readonly left: string | null;
  readonly right: string;
  readonly function: string | null;
  readonly commutator: string | null;
  readonly negator: string | null;
  /** The selectivity estimators. */
  readonly restrict: string | null;
  readonly join: string | null;
  readonly hashes: boolean;
  readonly merges: boolean;
}

/** An operator or support function of an operator class or family, at its place for two types. */
export interface OperatorMember {
  readonly what: "operator" | "function";
  /** The strategy of an operator, the number of a support function. */
  readonly number: number;
  readonly left: string;
  readonly right: string;
  /** `schema.=`, or a function with its argument types. */
  readonly name: string;
  /** The operator family that an ordering operator sorts by, else null. */
  readonly sort: string | null;
}

/** An operator family; `signature` is its access method. Members of its classes are not among its own. */
export interface OperatorFamilyObject extends ObjectBase {
  readonly kind: "operator-family";
  readonly method: string;
  /** Operators first, each sorted by number and types. */
  readonly members: readonly OperatorMember[];
}

/** An operator class; `signature` is its access method. */
export interface OperatorClassObject extends ObjectBase {
  readonly kind: "operator-class";
  readonly method: string;
  readonly type: string;
  /** Whether an index on the type takes it without being told. */
  readonly default: boolean;
  readonly family: { readonly schema: string; readonly name: string };
  /** The type that the index stores, where it is another. */
  readonly storage: string | null;
  /** Operators first, each sorted by number and types. */
  readonly members: readonly OperatorMember[];
}
