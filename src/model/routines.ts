import type { ObjectBase } from "./object-base.ts";

/** A function or procedure. `signature` is its identity arguments; `definition` a complete CREATE OR REPLACE. */
export interface FunctionObject extends ObjectBase {
  readonly kind: "function";
  readonly routine: "function" | "procedure" | "window";
  readonly language: string;
  readonly returns: string | null;
  readonly securityDefiner: boolean;
  readonly definition: string;
}

/** An aggregate. `definition` is a complete CREATE AGGREGATE; `returns` its result type. */
export interface AggregateObject extends ObjectBase {
  readonly kind: "aggregate";
  readonly returns: string;
  readonly definition: string;
}

/** When something fires, by the session's role in replication: on the origin, always, on the replica, never. */
export type Firing = "origin" | "always" | "replica" | "disabled";

/** A trigger. `definition` is a complete CREATE TRIGGER. */
export interface TriggerObject extends ObjectBase {
  readonly kind: "trigger";
  readonly table: string;
  readonly definition: string;
  readonly enabled: Firing;
  /** Partitions whose copy of the trigger differs from it in state, or has a comment. Sorted. */
  readonly partitions?: readonly {
    readonly schema: string;
    readonly table: string;
    readonly enabled: Firing;
    readonly comment: string | null;
  }[];
}

/** A trigger on the database's own DDL. `tags` are the commands it is for, sorted; none for all. */
export interface EventTriggerObject extends ObjectBase {
  readonly kind: "event-trigger";
  readonly event: string;
  readonly tags: readonly string[];
  /** `schema.name` of a function without arguments. */
  readonly function: string;
  readonly enabled: Firing;
}

/** A rewrite rule of a table or view. `definition` is a complete CREATE RULE. */
export interface RuleObject extends ObjectBase {
  readonly kind: "rule";
  readonly table: string;
  readonly definition: string;
  readonly enabled: Firing;
}
