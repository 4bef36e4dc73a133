import type { SpareRow } from "../rows/request.ts";
import type { TableStatements, TableWork } from "./statements.ts";

/** Runs one statement of application code and gives its rows. */
export type Run = (
  sql: string,
  parameters: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** What was written and what was read back are not the same. */
export class WrongRead extends Error {
  override readonly name = "WrongRead";
  readonly sql: string;

  constructor(sql: string) {
    super("a row was read back that is not the one that was written");
    this.sql = sql;
  }
}

const valuesFor = (row: SpareRow, columns: readonly string[]): (string | null)[] =>
  columns.map((name) => row[name] ?? null);

const picked = (row: Readonly<Record<string, unknown>> | undefined, columns: readonly string[]): unknown[] =>
  columns.map((name) => row?.[name] ?? null);

// A number is the same number as a bigint, which the driver hands over as text: columns change their types meanwhile.
const asWritten = (values: readonly unknown[]): string =>
  JSON.stringify(values, (_, value: unknown) => (typeof value === "number" ? String(value) : value));

/**
 * Application code at work on one table. What it does leaves the table as it was: it reads rows, sets a column to what
 * it is, and inserts, changes, reads back and deletes rows of its own.
 */
export class Worker {
  readonly #work: TableWork;
  #turn = 0;
  /** The key of its own row while there is one. */
  #own: readonly unknown[] | null = null;

  constructor(work: TableWork) {
    this.#work = work;
  }

  /** Reads one row. */
  async read(run: Run): Promise<void> {
    const { statements, keys } = this.#work;
    this.#turn += 1;
    const key = keys[this.#turn % Math.max(1, keys.length)];
    if (statements.key.length === 0) await run(statements.read, []);
    else if (key !== undefined) await run(statements.read, key);
  }

  /** Once through all that it does. Throws {@link WrongRead}, and what `run` throws: it then goes on where it can. */
  async write(run: Run): Promise<void> {
    await this.finish(run);
    await this.read(run);
    const { statements, keys } = this.#work;
    await this.#writeOwn(run, statements);
    const key = keys[(this.#turn * 7) % Math.max(1, keys.length)];
    if (statements.touch !== null && key !== undefined) await run(statements.touch, key);
    await this.finish(run);
  }

  async #writeOwn(run: Run, { insert, inserted, key, update, updated, readBack }: TableStatements): Promise<void> {
    const { spare } = this.#work;
    const half = Math.floor(spare.length / 2);
    const [first, second] = [spare[this.#turn % Math.max(1, half)], spare[half + (this.#turn % Math.max(1, half))]];
    if (insert === null || first === undefined) return;
    const [made] = await run(insert, valuesFor(first, inserted));
    this.#own = picked(made, key);
    if (update === null || readBack === null || second === undefined || second === first) return;
    const [changed] = await run(update, [...valuesFor(second, updated), ...this.#own]);
    const [now] = await run(readBack, this.#own);
    if (now === undefined || asWritten(picked(changed, updated)) !== asWritten(picked(now, updated)))
      throw new WrongRead(readBack);
  }

  /** Takes away its own row. */
  async finish(run: Run): Promise<void> {
    const { remove } = this.#work.statements;
    if (this.#own === null || remove === null) return;
    await run(remove, this.#own);
    this.#own = null;
  }
}
