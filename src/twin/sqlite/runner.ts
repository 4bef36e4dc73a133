/** What the runner is told on its standard input, as JSON. */
export interface RunnerTask {
  /** Path of the SQLite library. */
  readonly library: string;
  /** A file that is not there yet. */
  readonly file: string;
  readonly statements: readonly string[];
  /**
   * For each statement the group it belongs to; after an error the rest of its group is not run, and a transaction that
   * the group left open is rolled back. Absent where each statement stands for itself.
   */
  readonly groups?: readonly number[];
  /** Longest value or statement in bytes. */
  readonly lengthBytesMax: number;
  readonly heapBytesMax: number;
  readonly pagesMax: number;
}

/** What the runner says of each statement, a line of JSON each, in order. */
export interface RunnerAnswer {
  /** Null when the statement ran. */
  readonly error: string | null;
}

/**
 * The whole program of the runner: a process of its own that runs somebody's SQL in a scratch database, so that it
 * can be ended when a statement takes too long. SQLite asks the authorizer before anything is prepared: other files,
 * extensions, unknown virtual tables and settings are denied.
 *
 * Its source text is passed to `node --eval`, so that it runs the same from TypeScript, from `dist` and from a
 * bundle: it may use nothing from outside its own body.
 */
export function run(): void {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { readFileSync, writeSync } = process.getBuiltinModule("node:fs");
  const task = JSON.parse(readFileSync(0, "utf8")) as RunnerTask;
  const load = createRequire(task.library);
  const { DatabaseSync } = load(task.library) as typeof import("@photostructure/sqlite");
  const database = new DatabaseSync(task.file, {
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
    allowExtension: false,
    defensive: true,
  });
  database.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF;
    PRAGMA hard_heap_limit = ${task.heapBytesMax}; PRAGMA max_page_count = ${task.pagesMax}`);
  database.limits.length = task.lengthBytesMax;
  database.limits.sqlLength = task.lengthBytesMax;
  database.limits.attach = 0;
  // The action codes of https://sqlite.org/c3ref/c_alter_table.html
  const PRAGMA = 19;
  const ATTACH = 24;
  const DETACH = 25;
  const CREATE_VTABLE = 29;
  const FUNCTION = 31;
  const pragmas = [
    "foreign_keys",
    "legacy_alter_table",
    "defer_foreign_keys",
    "encoding",
    "page_size",
    "data_version",
    "foreign_key_check",
  ];
  const modules = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];
  const functions = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];
  database.setAuthorizer((code, first, second) => {
    const name = (code === FUNCTION || code === CREATE_VTABLE ? second : first)?.toLowerCase() ?? "";
    const denied =
      code === ATTACH ||
      code === DETACH ||
      (code === PRAGMA && !pragmas.includes(name)) ||
      (code === CREATE_VTABLE && !modules.includes(name)) ||
      (code === FUNCTION && functions.includes(name));
    return denied ? 1 : 0;
  });
  const say = (answer: RunnerAnswer): void => void writeSync(1, `${JSON.stringify(answer)}\n`);
  let failed: number | null = null;
  for (const [index, statement] of task.statements.entries()) {
    const group = task.groups?.[index] ?? null;
    if (group !== null && group === failed) {
      say({ error: "not run, after an error" });
      continue;
    }
    try {
      database.exec(statement);
      say({ error: null });
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
      if (group === null) continue;
      failed = group;
      if (database.isTransaction) database.exec("ROLLBACK");
      database.exec("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF");
    }
  }
  // What a script leaves open would be lost; it means to make it.
  if (database.isTransaction) database.exec("COMMIT");
  database.close();
  say({ error: null });
}
