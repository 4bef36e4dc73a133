/** What the names of all that is there only while a change is under way begin with. */
export const TEMPORARY_PREFIX = "dbwright_";

const TEMPORARY = new RegExp(`^${TEMPORARY_PREFIX}[a-z_]+_[0-9a-f]{8}(?:_|$)`);

/**
 * Whether a name is one that a plan gives for the time being (`dbwright_<what>_<fingerprint>_<tail>`): no application
 * knows what bears it.
 */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** What is added to the name of a type that stands aside while its columns go over to the one that takes its place. */
export const ASIDE_SUFFIX = "__dbwright_old";
