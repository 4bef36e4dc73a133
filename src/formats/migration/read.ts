import { createHash } from "node:crypto";
import type { Node } from "libpg-query";
import { invalid } from "../../model/error.ts";
import type { Migration, MigrationStep } from "../../model/migration.ts";
import { asksForNoTransaction } from "../../sql/migration-marks.ts";
import { withoutOuterTransaction } from "../../sql/outer-transaction.ts";
import { parseSql } from "../../sql/parse.ts";
import { isCopyIn, scriptParts } from "../../sql/split.ts";
import { mayRunInTransaction } from "../../sql/transaction-block.ts";
import { directivesIn } from "./directives.ts";
import type { StepDirective } from "./directives.ts";
import { directionsOf } from "./markers.ts";
import { coversVersion, isBaselineScript, naturalOrder, sameVersion, UNDOING } from "./order.ts";
import { phaseOf } from "./phase.ts";
import { bareStatement } from "./write.ts";

/** One file of a migrations folder: its path relative to the folder, with slashes, and its text. */
export interface MigrationFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads a folder of plain SQL migrations: pairs (`ID.up.sql` with `ID.down.sql`, `ID/up.sql` or Prisma's `ID/migration.sql` with `ID/down.sql`,
 * `V1__x.sql` with `U1__x.sql`), single files, and files that hold both ways under the marks of dbmate, goose,
 * sql-migrate or rambler. Returns them in the order they run. Throws `invalid` (exit 2), naming file and line, for
 * text that is no SQL, for what a migration cannot hold (psql commands, rows of COPY, ROLLBACK), for a misspelt
 * directive, for two migrations of one id, and for an undoing without its migration.
 */
export async function readMigrations(files: readonly MigrationFile[]): Promise<readonly Migration[]> {
  const ups = new Map<string, MigrationFile>();
  const downs = new Map<string, MigrationFile>();
  for (const file of files) {
    const name = file.file.slice(file.file.lastIndexOf("/") + 1);
    const undoes = UNDOING.test(name);
    const map = undoes ? downs : ups;
    const id = idOf(file.file, undoes);
    const other = map.get(id);
    if (other !== undefined) {
      throw invalid({
        what: `two files are migration ${id}`,
        where: file.file,
        expected: `one; the other is ${other.file}`,
      });
    }
    map.set(id, file);
  }
  joinVersions(ups, downs);
  for (const [id, { file }] of downs) {
    if (!ups.has(id) && !ups.has(`${id}_up`))
      throw invalid({
        what: `it takes back ${id}, which is not in the folder`,
        where: file,
        mend: "add the migration, or remove the file",
      });
  }
  const sorted = [...ups.entries()].toSorted(([a], [b]) => naturalOrder(a, b));
  const migrations: Migration[] = [];
  for (const [id, file] of sorted)
    migrations.push(await readMigration(id, file, downs.get(id) ?? downs.get(id.replace(/_up$/, "")) ?? null));
  return migrations.map((migration) => {
    // What a baseline script of Flyway's stands for.
    const parts = migrations.filter(({ id }) => !isBaselineScript(id) && coversVersion(migration.id, id));
    return isBaselineScript(migration.id) && parts.length > 0
      ? { ...migration, replaces: parts.map(({ id }) => id) }
      : migration;
  });
}

// Flyway joins V1__a and U1__b by their version alone.
function joinVersions(ups: ReadonlyMap<string, MigrationFile>, downs: Map<string, MigrationFile>): void {
  for (const [id, file] of downs) {
    if (ups.has(id) || !id.startsWith("V")) continue;
    const own = [...ups.keys()].filter((one) => one.startsWith("V") && sameVersion(one, id));
    const [only] = own;
    if (own.length !== 1 || only === undefined || downs.has(only)) continue;
    downs.delete(id);
    downs.set(only, file);
  }
}

/** Whether a file, up or down, belongs to the migration of an id. */
export function belongsTo(file: string, id: string): boolean {
  const own = idOf(file, UNDOING.test(file.slice(file.lastIndexOf("/") + 1)));
  return own === id || `${own}_up` === id;
}

// `20261120_x.up.sql`, `20261120_x.sql`, `20261120_x/up.sql`: 20261120_x. Flyway's U1__x undoes V1__x.
function idOf(path: string, undoes: boolean): string {
  const parts = path.split("/");
  const name = (parts.pop() ?? "").replace(/\.sql$/i, "");
  const bare = undoes
    ? name.replace(/^U(?=\d[\d._]*__)/, "V").replace(/(?:^|[._-])(?:down|undo|rollback|revert)$/i, "")
    : name.replace(/(?:^|[.-])(?:up|do)$|^migration$/i, "");
  return bare === "" ? (parts.at(-1) ?? name) : bare;
}

/** Reads one migration from its file and, where there is one, the file that takes it back; see {@link readMigrations}. */
export async function readMigration(id: string, up: MigrationFile, down: MigrationFile | null): Promise<Migration> {
  const halves = directionsOf(up.text);
  const script = await readScript(withoutOuterTransaction(halves?.up ?? up.text), up.file);
  const withoutTransaction = halves?.withoutTransaction ?? asksForNoTransaction(up.text);
  const downFile = down ?? { file: up.file, text: halves?.down ?? "" };
  const downScript = await readScript(downFile.text, downFile.file);
  const undone = undosOf(downScript, script, downFile.file);
  const steps = script.statements.map((statement, index) =>
    stepOf(statement, index + 1, script, withoutTransaction, up.file, undone),
  );
  return {
    id,
    file: up.file,
    format: "sql",
    checksum: checksumOf(steps.map(({ sql }) => sql)),
    steps,
    down: undone === null && downScript.statements.length > 0 ? downFile.text : null,
    ...(script.replaces === null ? {} : { replaces: script.replaces }),
    ...(script.after === null ? {} : { after: script.after }),
  };
}

/**
 * SHA-256 over statements, as hex. What does not change what is run does not count: comments between statements,
 * directives, line ends, blanks at the ends of lines.
 */
export function checksumOf(statements: readonly string[]): string {
  const lines = statements.map((sql) => sql.replaceAll(/[ \t\r]+$/gm, ""));
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
}

interface ScriptStatement {
  readonly sql: string;
  readonly line: number;
  readonly node: Node | null;
  readonly directive: StepDirective | null;
  readonly cleanup: readonly string[];
  /** The number of the script's own BEGIN … COMMIT around it. */
  readonly block: number | null;
  /** The step whose undoing it belongs to. */
  readonly undoes: number | null;
}

interface Script {
  readonly statements: readonly ScriptStatement[];
  readonly hasDirectives: boolean;
  readonly undoes: readonly { readonly number: number; readonly line: number }[];
  readonly replaces: readonly string[] | null;
  readonly after: string | null;
}

async function readScript(text: string, file: string): Promise<Script> {
  const statements: ScriptStatement[] = [];
  const undoes: { number: number; line: number }[] = [];
  let directive: { step: StepDirective; line: number } | null = null;
  let cleanup: string[] = [];
  let replaces: readonly string[] | null = null;
  let after: string | null = null;
  let forPsql = false;
  const blocks = new Blocks(file);
  for (const part of scriptParts(text, file)) {
    const where = `${file}:${part.line}`;
    if (part.kind === "blank") {
      for (const found of directivesIn(part.text, part.line, file)) {
        if (found.type === "cleanup") cleanup.push(found.sql);
        else if (found.type === "replaces") replaces = found.ids;
        else if (found.type === "after") after = found.id;
        else if (found.type === "undo") undoes.push({ number: found.number, line: found.line });
        else if (directive === null) directive = { step: found.step, line: found.line };
        else throw invalid({ what: "the step above has no statement", where: `${file}:${found.line}` });
      }
      continue;
    }
    // How scripts for psql begin; the runner stops at the first error as well.
    if (part.kind === "meta" && /^\s*\\set\s+ON_ERROR_STOP\b/.test(part.text)) {
      forPsql = statements.length === 0;
      continue;
    }
    if (part.kind !== "statement") throw notForRunner(part.kind, part.text, where);
    if (isCopyIn(part.text)) throw notForRunner("data", part.text, where);
    const sql = bareStatement(part.text);
    const parsed = await parseSql(sql);
    if (!parsed.ok) {
      const line = part.line + parsed.error.line - 1;
      throw invalid({ what: `this is no SQL of PostgreSQL: ${parsed.error.message}`, where: `${file}:${line}` });
    }
    const node = parsed.value[0]?.node ?? null;
    if (node !== null && blocks.take(node, part.line)) {
      if (directive !== null) throw invalid({ what: "BEGIN and COMMIT are no steps", where });
      continue;
    }
    // The limit that diff sets for psql: the runner has its own, and steps keep the numbers that they are given.
    if (forPsql && directive === null && statements.length === 0 && isLockTimeout(node)) continue;
    statements.push({
      sql,
      line: part.line,
      node,
      directive: directive?.step ?? null,
      cleanup,
      block: blocks.current,
      undoes: undoes.at(-1)?.number ?? null,
    });
    directive = null;
    cleanup = [];
  }
  if (directive !== null) throw invalid({ what: "the step has no statement", where: `${file}:${directive.line}` });
  blocks.end();
  return { statements, hasDirectives: statements.some((one) => one.directive !== null), undoes, replaces, after };
}

function isLockTimeout(node: Node | null): boolean {
  return node !== null && "VariableSetStmt" in node && node.VariableSetStmt.name === "lock_timeout";
}

// The script's own transactions. What would leave the runner's transaction in a way it cannot follow is refused.
class Blocks {
  readonly #file: string;
  #count = 0;
  #openedAt: number | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  get current(): number | null {
    return this.#openedAt === null ? null : this.#count;
  }

  take(node: Node, line: number): boolean {
    if (!("TransactionStmt" in node)) return false;
    const { kind } = node.TransactionStmt;
    const where = `${this.#file}:${line}`;
    if (kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START") {
      if (this.#openedAt !== null) throw invalid({ what: `a transaction is open since line ${this.#openedAt}`, where });
      this.#openedAt = line;
      this.#count++;
      return true;
    }
    if (kind === "TRANS_STMT_COMMIT") {
      if (this.#openedAt === null) throw invalid({ what: "there is no BEGIN before this COMMIT", where });
      this.#openedAt = null;
      return true;
    }
    if (kind === "TRANS_STMT_SAVEPOINT" || kind === "TRANS_STMT_RELEASE" || kind === "TRANS_STMT_ROLLBACK_TO")
      return false;
    throw invalid({
      what: "a migration cannot take itself back half way, or commit in two phases",
      where,
      expected: "BEGIN and COMMIT, if anything; the runner rolls back what fails",
    });
  }

  end(): void {
    if (this.#openedAt !== null)
      throw invalid({
        what: "the transaction that begins here does not end",
        where: `${this.#file}:${this.#openedAt}`,
        expected: "COMMIT before the end of the file",
      });
  }
}

function notForRunner(kind: "meta" | "data", text: string, where: string): Error {
  if (kind === "meta") {
    return invalid({
      what: `a command of psql (${text.trim().slice(0, 20)}) means nothing to the server`,
      where,
      expected: "SQL statements only",
      mend: "write out what the command would do",
    });
  }
  return invalid({
    what: "rows of COPY … FROM stdin cannot be part of a migration",
    where,
    mend: "write them as INSERT",
  });
}

// By step; null where the way down names no steps, and is a script for the whole.
function undosOf(down: Script, up: Script, file: string): ReadonlyMap<number, readonly string[]> | null {
  const stray = down.statements.find(({ undoes }) => undoes === null);
  if (down.undoes.length === 0) return down.statements.length === 0 ? new Map() : null;
  if (stray !== undefined)
    throw invalid({
      what: "it belongs to no step",
      where: `${file}:${stray.line}`,
      expected: "-- dbwright:undo N above it",
    });
  const numbers = new Set(
    up.statements.map(({ directive }, index) => directive?.number ?? (up.hasDirectives ? 0 : index + 1)),
  );
  const undos = new Map<number, string[]>();
  for (const { number, line } of down.undoes) {
    const where = `${file}:${line}`;
    if (!numbers.has(number)) throw invalid({ what: `there is no step ${number}`, where });
    if (undos.has(number)) throw invalid({ what: `step ${number} is taken back twice`, where });
    undos.set(number, []);
  }
  for (const { undoes, sql } of down.statements) undos.get(undoes ?? 0)?.push(sql);
  return undos;
}

function stepOf(
  { sql, line, node, directive, cleanup, block }: ScriptStatement,
  number: number,
  script: Script,
  withoutTransaction: boolean,
  file: string,
  undos: ReadonlyMap<number, readonly string[]> | null,
): MigrationStep {
  const may = node === null || mayRunInTransaction(node);
  const transaction = script.hasDirectives
    ? (directive?.transaction ?? null)
    : transactionOf(script, block, withoutTransaction);
  const transactional = may && directive?.transactional !== false;
  if (transaction !== null && !transactional) {
    throw invalid({
      what: "this statement may not run inside a transaction",
      where: `${file}:${line}`,
      mend: "put it outside of BEGIN and COMMIT, best into a migration of its own",
    });
  }
  return {
    number,
    sql,
    line,
    undo: undos?.get(directive?.number ?? (script.hasDirectives ? 0 : number)) ?? null,
    irreversible: directive?.irreversible ?? null,
    phase: directive?.phase ?? (node === null ? "expand" : phaseOf(node)),
    transactional,
    transaction,
    lockTimeout_ms: directive?.lockTimeout_ms ?? null,
    statementTimeout_ms: directive?.statementTimeout_ms ?? null,
    batch: directive?.batch ?? null,
    cleanup,
    losesData: directive?.losesData ?? null,
    ...(directive?.verified === undefined ? {} : { verified: directive.verified }),
    ...(directive?.moves === undefined ? {} : { moves: directive.moves }),
  };
}

// Without directives: the script's own transactions, else one around all where that is possible.
function transactionOf(script: Script, block: number | null, withoutTransaction: boolean): number | null {
  if (withoutTransaction || block !== null) return block;
  const whole = script.statements.every(
    (one) => one.block === null && (one.node === null || mayRunInTransaction(one.node)),
  );
  return whole ? 1 : null;
}
