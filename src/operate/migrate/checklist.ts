import type { Migration } from "../../model/migration.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { absencesIn } from "./absences.ts";
import type { Loss } from "./losses.ts";
import type { RollbackTest } from "./rollback-proof.ts";

/** One line of what is looked at before the first statement. */
export interface CheckItem {
  readonly id:
    | "not-empty"
    | "backward-compatible"
    | "nullable-first"
    | "transactions"
    | "rollback-stated"
    | "rollback-tested"
    | "no-data-loss"
    | "concurrent-index"
    | "on-delete-stated";
  readonly title: string;
  /** `not looked at` is never a pass. */
  readonly verdict: "yes" | "no" | "not looked at";
  /** What was seen, with the places. */
  readonly seen: string;
}

interface Place {
  readonly where: string;
  readonly created: ReadonlySet<string>;
}

interface Sightings {
  readonly notNull: string[];
  readonly plainIndex: string[];
  readonly noOnDelete: string[];
}

/** What is known beside the statements. */
interface Surroundings {
  readonly tested: RollbackTest;
  readonly empty: readonly string[];
  readonly isNew?: boolean;
}

/**
 * The safety checklist of pending migrations, from their statements; `tested`: what is known of their way back;
 * `empty`: the files that hold no statement; `isNew`: the database holds no table yet.
 */
export async function checklistOf(
  migrations: readonly Migration[],
  losses: readonly Loss[],
  { tested, empty, isNew = false }: Surroundings,
): Promise<readonly CheckItem[]> {
  const steps = migrations.flatMap((migration) => migration.steps.map((step) => ({ ...step, migration })));
  const at = (list: readonly (typeof steps)[number][]): string =>
    some(list.map(({ migration, line }) => `${migration.file}:${line}`));
  const contract = steps.filter(({ phase }) => phase === "contract");
  const alone = steps.filter(({ transactional }) => !transactional);
  const oneWay = steps.filter(({ undo, migration }) => undo === null && migration.down === null);
  const seen = await sightingsIn(migrations);
  const absences = await absencesIn(migrations);
  const verdict = (good: boolean): CheckItem["verdict"] => (good ? "yes" : "no");
  return [
    heldStatements(empty, steps.length),
    {
      id: "backward-compatible",
      title: "Application code of before works all along",
      verdict: verdict(contract.length === 0 && absences.length === 0),
      seen: [
        contract.length === 0
          ? "no step of the contract phase"
          : `after ${at(contract)} it may fail; --phase migrate stops before`,
        ...(absences.length === 0 ? [] : [`not there for any code: ${some(absences)}`]),
      ].join("; "),
    },
    unless(
      "nullable-first",
      "New columns take no value at first, or have a default",
      seen.notNull,
      "no column NOT NULL without default",
    ),
    {
      id: "transactions",
      title: "Each step is a transaction, or is checked after it",
      verdict: "yes",
      seen: `${steps.length - alone.length} steps in transactions, ${alone.length} with an intent before and a check after`,
    },
    {
      id: "rollback-stated",
      title: "Each step has its undoing",
      verdict: verdict(oneWay.length === 0),
      seen: oneWay.length === 0 ? `${steps.length} of ${steps.length}` : `none for ${at(oneWay)}`,
    },
    {
      id: "rollback-tested",
      title: "The undoing was tried",
      ...tested,
    },
    nothingDestroyed(losses, isNew),
    unless(
      "concurrent-index",
      "Indexes are built while the table is written to",
      seen.plainIndex,
      "no index without CONCURRENTLY on a table that was there before",
    ),
    unless(
      "on-delete-stated",
      "Foreign keys say what a deletion does",
      seen.noOnDelete,
      "no foreign key without ON DELETE",
    ),
  ];
}

function nothingDestroyed(losses: readonly Loss[], isNew: boolean): CheckItem {
  const destroyed = losses.map(({ what }) => what);
  const none = isNew
    ? "the database holds no table yet: what is dropped on the way is made on the way"
    : "no statement that destroys rows or columns";
  return unless("no-data-loss", "Nothing is destroyed", destroyed, none);
}

function heldStatements(empty: readonly string[], statements: number): CheckItem {
  const title = "Each file holds statements";
  const told = `${statements} ${statements === 1 ? "statement" : "statements"}`;
  if (empty.length === 0) return { id: "not-empty", title, verdict: "yes", seen: told };
  const seen = `${some(empty)} ${empty.length === 1 ? "holds" : "hold"} none: it is recorded, and nothing is run`;
  return { id: "not-empty", title, verdict: "no", seen };
}

// What was found speaks against it; `none`: what is said where nothing was.
function unless(id: CheckItem["id"], title: string, found: readonly string[], none: string): CheckItem {
  return { id, title, verdict: found.length === 0 ? "yes" : "no", seen: found.length === 0 ? none : some(found) };
}

const NAMED_MAX = 4;

function some(list: readonly string[]): string {
  const rest = list.length - NAMED_MAX;
  return `${list.slice(0, NAMED_MAX).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

async function sightingsIn(migrations: readonly Migration[]): Promise<Sightings> {
  const sightings: Sightings = { notNull: [], plainIndex: [], noOnDelete: [] };
  const created = new Set<string>();
  for (const { file, steps } of migrations) {
    for (const { sql, line } of steps) {
      const parsed = await parseSql(sql);
      for (const statement of parsed.ok ? parsed.value : []) {
        for (const { type, node } of nodesOf(statement.node))
          look(type, node, { where: `${file}:${line}`, created }, sightings);
        if ("CreateStmt" in statement.node) created.add(statement.node.CreateStmt.relation?.relname ?? "");
      }
    }
  }
  return sightings;
}

type Loose = Readonly<Record<string, unknown>>;

function look(type: string, node: Loose, { where, created }: Place, sightings: Sightings): void {
  const table = (node["relation"] as { readonly relname?: string } | undefined)?.relname ?? "";
  if (type === "IndexStmt" && node["concurrent"] !== true && !created.has(table)) sightings.plainIndex.push(where);
  if (type === "Constraint" && node["contype"] === "CONSTR_FOREIGN") {
    // The tree has NO ACTION where nothing is said: both leave the decision to whoever deletes.
    if ((node["fk_del_action"] ?? "a") === "a") sightings.noOnDelete.push(where);
  }
  if (type === "AlterTableCmd" && node["subtype"] === "AT_AddColumn") {
    const column = (node["def"] as { readonly ColumnDef?: Loose } | undefined)?.ColumnDef;
    const constraints = ((column?.["constraints"] ?? []) as { readonly Constraint?: Loose }[]).map(
      ({ Constraint }) => Constraint?.["contype"],
    );
    const filled = constraints.some(
      (kind) => kind === "CONSTR_DEFAULT" || kind === "CONSTR_GENERATED" || kind === "CONSTR_IDENTITY",
    );
    if (constraints.includes("CONSTR_NOTNULL") && !filled) sightings.notNull.push(where);
  }
}
