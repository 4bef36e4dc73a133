/*
 * Marks by which goose, dbmate, sql-migrate and rambler keep a migration and its undoing in one file.
 */

const DIRECTION = /^[ \t]*--[ \t]*(?:\+goose|\+migrate|migrate:|rambler)[ \t]*(up|down)\b(.*)$/i;
const ANY = /--[ \t]*(?:\+goose|\+migrate|migrate:|rambler)[ \t]*(?:up|down)\b/i;
// dbmate, sql-migrate; goose and Atlas say it on a line of its own.
const WITHOUT_TRANSACTION = /\btransaction:[ \t]*false\b|\bnotransaction\b/i;
const FILE_WITHOUT_TRANSACTION = /^[ \t]*--[ \t]*(?:\+goose[ \t]+NO[ \t]+TRANSACTION\b|atlas:txmode[ \t]+none\b)/im;

/** The two halves of a migration that holds both; in each the lines of the other are blank, so that line numbers hold. */
export interface Directions {
  readonly up: string;
  /** Null when the file has no mark of the way down. */
  readonly down: string | null;
  /** Whether the marks ask for no transaction around the way up. */
  readonly withoutTransaction: boolean;
}

/** Splits a file at its marks; null when it has none. What stands before the first mark belongs to the way up. */
export function directionsOf(text: string): Directions | null {
  if (!ANY.test(text)) return null;
  let direction: "up" | "down" = "up";
  let marked = false;
  let withoutTransaction = FILE_WITHOUT_TRANSACTION.test(text);
  const halves: Record<"up" | "down", string[]> = { up: [], down: [] };
  let hasDown = false;
  for (const line of text.split("\n")) {
    const mark = DIRECTION.exec(line);
    if (mark !== null) {
      marked = true;
      direction = mark[1]?.toLowerCase() === "down" ? "down" : "up";
      if (direction === "down") hasDown = true;
      else if (WITHOUT_TRANSACTION.test(mark[2] ?? "")) withoutTransaction = true;
    }
    halves.up.push(direction === "up" ? line : "");
    halves.down.push(direction === "down" ? line : "");
  }
  if (!marked) return null;
  return { up: halves.up.join("\n"), down: hasDown ? halves.down.join("\n") : null, withoutTransaction };
}

/**
 * The part of a migration that is run to go up, the lines of the rest blank so that line numbers hold. Null
 * when the file has no such marks.
 */
export function upPart(text: string): string | null {
  return directionsOf(text)?.up ?? null;
}

/** Whether a file without marks of direction asks for no transaction around it. */
export function asksForNoTransaction(text: string): boolean {
  return FILE_WITHOUT_TRANSACTION.test(text);
}

/** A statement by which a file leaves the one transaction that Drizzle runs all files in. */
export const LEAVE_TRANSACTION = "COMMIT; -- leaves the transaction that Drizzle began";

/** A statement by which it begins the next one, which Drizzle commits. */
export const ENTER_TRANSACTION = "BEGIN; -- that Drizzle commits";

/**
 * A file without {@link LEAVE_TRANSACTION} and {@link ENTER_TRANSACTION}, for who puts no transaction around files; what
 * is left stands where it stood.
 */
export function withoutDrizzleTransaction(text: string): string {
  return [LEAVE_TRANSACTION, ENTER_TRANSACTION].reduce(
    (without, mark) => without.replaceAll(mark, " ".repeat(mark.length)),
    text,
  );
}
