import { planDiff } from "../../diff/plan.ts";
import { isRepeatable } from "../../formats/migration/order.ts";
import { writeMigration } from "../../formats/migration/write.ts";
import type { MigrationText, WrittenStep } from "../../formats/migration/write.ts";
import { readMigration } from "../../formats/migration/read.ts";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import type { Progress } from "../../model/progress.ts";
import { dialectOf } from "../../twin/dialect.ts";
import { catalogDifferences } from "../../twin/prove-plan/equal.ts";
import type { TwinServer } from "../../twin/server.ts";
import { findMigration, upTo } from "./pending.ts";
import { schemaOfFiles } from "./schema-of.ts";

/** What is to be squashed. */
export interface SquashRequest {
  readonly migrations: readonly Migration[];
  /** The last migration that goes into the sum. */
  readonly to: string;
  readonly name: string;
  /** Leave out the rows that the migrations insert or change. */
  readonly withoutRows: boolean;
  readonly server: () => Promise<TwinServer>;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The sum of migrations, proved on a twin to make the same schema. */
export interface Squashed extends MigrationText {
  readonly id: string;
  readonly replaces: readonly string[];
  readonly steps: number;
  readonly rowStatements: number;
}

/**
 * Makes one migration of several: the schema that they come to, as the statements that create it. It is built on the
 * twin beside the original and must be equal. Throws `invalid` (exit 2) where it is not, where the originals hold what
 * is not modelled, and where they move rows, unless that is accepted.
 */
export async function squash(request: SquashRequest): Promise<Squashed> {
  const { migrations, signal, progress } = request;
  const last = findMigration(migrations, request.to, "TO");
  if (isRepeatable(last.id))
    throw invalid({
      what: `${last.id} is repeatable: it runs again whenever it is changed, and is part of no sum`,
      where: "TO",
      expected: "a migration that runs once",
    });
  const all = upTo(migrations, last.id, migrations);
  // An earlier sum stands for its parts, should their files still be there.
  const within = new Set(all.flatMap(({ replaces = [] }) => replaces));
  const parts = all.filter(({ id }) => !within.has(id));
  if (parts.length < 2) throw invalid({ what: "one migration is no sum", where: "TO", expected: "a later migration" });
  const server = await request.server();
  const built = await schemaOfFiles(server, parts, { signal, progress });
  for (const note of built.notes) progress.note(note);
  if (built.rowStatements > 0 && !request.withoutRows) {
    throw invalid({
      what: `the migrations hold ${built.rowStatements} statements on rows, which the sum would not run`,
      where: parts
        .map(({ file }) => file)
        .slice(0, 3)
        .join(", "),
      expected: "migrations of the schema alone",
      mend: "add --without-rows, and put rows that a new database needs into a migration of their own",
    });
  }
  if (built.catalog.unmodelled.length > 0) {
    throw invalid({
      what: `the sum would lose what is not modelled: ${built.catalog.unmodelled
        .slice(0, 5)
        .map(({ kind, name }) => `${kind} ${name}`)
        .join(", ")}`,
      where: last.file,
      mend: "choose an earlier TO",
    });
  }
  const dialect = await dialectOf(built.catalog);
  const steps = dialect.create(built.catalog).map(({ sql, transactional }) => stepOf(sql, transactional));
  const replaces = parts.flatMap(({ id, replaces: earlier }) => [...(earlier ?? []), id]);
  const id = idFor(last.id, request.name, migrations);
  const text = writeMigration({ steps }, id, replaces);
  const down = `-- Takes back ${id}: everything that it creates.\n\n${dialect
    .drop(built.catalog)
    .map(({ sql }) => `${sql};`)
    .join("\n")}\n`;
  const again = await readMigration(
    id,
    { file: fileNames(id).up, text: text.up },
    { file: fileNames(id).down, text: down },
  );
  const copy = await schemaOfFiles(server, [again], { signal, progress });
  const differences = catalogDifferences(built.catalog, copy.catalog);
  const left = await planDiff(copy.catalog, built.catalog, { dialect });
  if (differences.length > 0 || left.steps.length > 0) {
    throw invalid({
      what: `the sum does not make the same schema: ${[...differences, ...left.steps.map(({ sql }) => sql)].slice(0, 5).join("; ")}`,
      where: last.file,
      expected: "equal catalogs on the twin",
      mend: "keep the migrations as they are; this is a defect of dbwright worth reporting",
    });
  }
  return { id, up: text.up, down, replaces, steps: again.steps.length, rowStatements: built.rowStatements };
}

/** The files of a sum, as the folder's own are named: Flyway joins `V2__x.sql` and `U2__x.sql`. */
export function fileNames(id: string): { readonly up: string; readonly down: string } {
  return /^V\d[\d._]*__/.test(id)
    ? { up: `${id}.sql`, down: `U${id.slice(1)}.sql` }
    : { up: `${id}.up.sql`, down: `${id}.down.sql` };
}

function stepOf(sql: string, transactional: boolean): WrittenStep {
  const neutral = {
    undo: null,
    irreversible: null,
    lockTimeout_ms: null,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: null,
  };
  return { ...neutral, sql, transactional, transaction: transactional ? 1 : null, phase: "expand" };
}

// It stands where the last of its parts stood.
function idFor(last: string, name: string, migrations: readonly Migration[]): string {
  const [, number = last, between = "_"] = /^(V?\d[\d._]*?)(__|[_-]|$)/.exec(last) ?? [];
  const id = `${number}${between === "" ? "_" : between}${name}`;
  if (migrations.some((migration) => migration.id === id))
    throw invalid({ what: `there is a migration ${id}`, where: "--name", expected: "another name" });
  return id;
}
