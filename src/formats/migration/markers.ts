import { asksForNoTransaction, directionMarkOf, hasDirectionMarks } from "../../sql/migration-marks.ts";

/*
 * Marks by which goose, dbmate, sql-migrate and rambler keep a migration and its undoing in one file.
 */

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
  if (!hasDirectionMarks(text)) return null;
  let direction: "up" | "down" = "up";
  let withoutTransaction = asksForNoTransaction(text);
  const halves: Record<"up" | "down", string[]> = { up: [], down: [] };
  let hasDown = false;
  for (const line of text.split("\n")) {
    const mark = directionMarkOf(line);
    if (mark !== null) {
      direction = mark.direction;
      if (direction === "down") hasDown = true;
      else if (mark.withoutTransaction) withoutTransaction = true;
    }
    halves.up.push(direction === "up" ? line : "");
    halves.down.push(direction === "down" ? line : "");
  }
  return { up: halves.up.join("\n"), down: hasDown ? halves.down.join("\n") : null, withoutTransaction };
}

/**
 * The part of a migration that is run to go up, the lines of the rest blank so that line numbers hold. Null
 * when the file has no such marks.
 */
export function upPart(text: string): string | null {
  return directionsOf(text)?.up ?? null;
}
