/*
 * The marks by which goose, dbmate, sql-migrate and rambler keep a migration and its undoing in one file, and by which
 * they, Atlas, Flyway, sqlx and we ourselves say that a file is not to be put into one transaction.
 */

/** The tools that mark the ways up and down in one file. */
export type MarkingTool = "dbmate" | "goose" | "sql-migrate" | "rambler";

/** A line from which on a file goes up or down. */
export interface DirectionMark {
  readonly tool: MarkingTool;
  readonly direction: "up" | "down";
  /** Whether its words ask for no transaction around that way. */
  readonly withoutTransaction: boolean;
}

const MARK = /^[ \t]*--[ \t]*(\+goose|\+migrate|migrate:|rambler)[ \t]*(up|down)\b(.*)$/is;
const ANY_MARK = /^[ \t]*--[ \t]*(?:\+goose|\+migrate|migrate:|rambler)[ \t]*(?:up|down)\b/im;
const TOOLS: Readonly<Record<string, MarkingTool>> = {
  "+goose": "goose",
  "+migrate": "sql-migrate",
  "migrate:": "dbmate",
  rambler: "rambler",
};
const WORDS = /\btransaction:[ \t]*false\b|\bnotransaction\b/i;
const FILE =
  /^[ \t]*--[ \t]*(?:\+goose[ \t]+no[ \t]+transaction|atlas:txmode[ \t]+none|dbwright:no-transaction|no-transaction|disable-transaction|executeInTransaction=false)\b/im;

/** Whether any line of a text marks a direction. */
export function hasDirectionMarks(text: string): boolean {
  return ANY_MARK.test(text);
}

/** The mark of a line; null for any other. */
export function directionMarkOf(line: string): DirectionMark | null {
  const match = MARK.exec(line);
  const tool = TOOLS[(match?.[1] ?? "").toLowerCase()];
  if (match === null || tool === undefined) return null;
  return {
    tool,
    direction: match[2]?.toLowerCase() === "down" ? "down" : "up",
    withoutTransaction: WORDS.test(match[3] ?? ""),
  };
}

/** Whether a line of a file asks for no transaction around all of it. */
export function asksForNoTransaction(text: string): boolean {
  return FILE.test(text);
}
