import { refused } from "../prove/step.ts";
import { hangsOnRows } from "./rows.ts";

/** How the undoing of a plan went. */
export interface TakenBack {
  /** The statement that the server refused for good; null: all ran. */
  readonly failed: { readonly sql: string; readonly why: string } | null;
  /** Why it did not go on with rows in the tables, after which it went on without; null: it did. */
  readonly rowless: string | null;
}

/**
 * Runs the statements of an undo. Where one is refused for the sake of rows that stand without the values which the plan
 * destroys, as it says (a column that returns empty cannot be NOT NULL), the tables are emptied once, and it goes on:
 * `withoutRows` does that, null where the plan destroys nothing or there are no rows. What is no refusal is thrown.
 */
export async function takeBack(
  statements: readonly string[],
  run: (sql: string) => Promise<void>,
  withoutRows: (() => Promise<void>) | null,
): Promise<TakenBack> {
  let rowless: string | null = null;
  for (const sql of statements) {
    for (;;) {
      try {
        await run(sql);
        break;
      } catch (error) {
        if (!refused(error)) throw error;
        const why = `${error.message} (SQLSTATE ${error.code ?? "?"})`;
        if (withoutRows === null || rowless !== null || !hangsOnRows(error)) return { failed: { sql, why }, rowless };
        rowless = why;
        await withoutRows();
      }
    }
  }
  return { failed: null, rowless };
}
