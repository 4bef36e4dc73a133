/*
 * Drizzle's migrator runs all pending files in one transaction. A file with a statement that refuses one leaves it and
 * begins the next, by two statements that are told from a script's own by their comments.
 */

/** A statement by which a file leaves the one transaction that Drizzle runs all files in. */
export const LEAVE_OUTER_TRANSACTION = "COMMIT; -- leaves the transaction that Drizzle began";

/** A statement by which it begins the next one, which Drizzle commits. */
export const ENTER_OUTER_TRANSACTION = "BEGIN; -- that Drizzle commits";

/** A file without the two, for who puts no transaction around files; what is left stands where it stood. */
export function withoutOuterTransaction(text: string): string {
  return [LEAVE_OUTER_TRANSACTION, ENTER_OUTER_TRANSACTION].reduce(
    (without, mark) => without.replaceAll(mark, " ".repeat(mark.length)),
    text,
  );
}
