import type { Firing } from "../../../model/catalog.ts";

const STATES: Readonly<Record<string, Firing>> = { O: "origin", A: "always", R: "replica", D: "disabled" };

/** The state behind the letter that the system catalogs hold. */
export function firingOf(letter: string): Firing {
  return STATES[letter] ?? "origin";
}

/** The words of ALTER that bring a state about. */
export const FIRING: Readonly<Record<Firing, string>> = {
  origin: "ENABLE",
  always: "ENABLE ALWAYS",
  replica: "ENABLE REPLICA",
  disabled: "DISABLE",
};
