import type { Proof } from "../../model/proof.ts";

/** The figure of `rows/fill` that says how many tables rows were wanted for and could not be made. */
export const TABLES_WITHOUT_ROWS = "tables_without_rows";

/**
 * Why a proof says nothing of tables that hold rows, or of some of them, though rows were wanted; null where it does,
 * where none were wanted and where there is no table. Of a proof with the steps `rows/fit` and `rows/fill`.
 */
export function unprovedWithRows({ steps }: Pick<Proof, "steps">): string | null {
  const unfit = steps.find(({ id }) => id === "rows/fit");
  if (unfit !== undefined) return inOneLine(unfit.observed);
  const fill = steps.find(({ id }) => id === "rows/fill");
  return fill?.verdict === "not-run" && fill.figures?.[TABLES_WITHOUT_ROWS] !== undefined
    ? inOneLine(fill.observed)
    : null;
}

// Names come from files and databases: no control character of theirs reaches a terminal.
const inOneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");
