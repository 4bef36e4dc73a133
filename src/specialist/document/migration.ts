import { count } from "./figures.ts";
import { code, plain } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { standingOf } from "./proof.ts";
import type { Subject } from "./subject.ts";

/** Tables in an order in which rows can be loaded: parents before children; references in cycles come second. */
function loadOrder(subject: Subject): readonly string[] {
  const { view } = subject;
  const roots = view.tables.filter(({ table }) => table.partitionOf === null);
  const waiting = new Map(
    roots.map(({ table, constraints }) => {
      const parents = constraints.flatMap(({ references }) =>
        references === null ? [] : [`${references.schema}.${references.table}`],
      );
      const own = `${table.schema}.${table.name}`;
      return [own, new Set(parents.filter((parent) => parent !== own))];
    }),
  );
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting]
      .filter(([, parents]) => [...parents].every((parent) => !waiting.has(parent)))
      .map(([name]) => name);
    const [first] = waiting.keys();
    const next = ready.length > 0 ? ready : first === undefined ? [] : [first];
    for (const name of next) {
      order.push(name.startsWith(`${subject.design.schema}.`) ? name.slice(subject.design.schema.length + 1) : name);
      waiting.delete(name);
    }
  }
  return order;
}

// Above this, loading into indexes costs more than making them afterwards.
const LATE_INDEX_ROWS_MIN = 10_000_000;

/** What is to be known before existing rows are loaded. */
function loading(subject: Subject): string {
  const { design, view, volumes } = subject;
  const written = new Set(
    view
      .of("grant")
      .filter((grant) => grant.grantee === design.applicationRole && grant.privileges.includes("INSERT"))
      .map((grant) => subject.tableName({ schema: grant.schema, table: grant.name })),
  );
  const order = loadOrder(subject).filter((name) => written.has(name));
  const given = volumes.filter((volume) => order.includes(subject.tableName(volume)));
  const rows = given.reduce((sum, volume) => sum + volume.now_rows, 0);
  const later = view.tables.flatMap(({ table: child, constraints }) =>
    constraints.flatMap(({ name, references }) => {
      if (references === null || child.partitionOf !== null) return [];
      const [from, to] = [child.name, references.table].map((one, at) =>
        order.indexOf(subject.tableName({ schema: at === 0 ? child.schema : references.schema, table: one })),
      );
      return from !== undefined && to !== undefined && from >= 0 && to > from ? [code(name)] : [];
    }),
  );
  const recorders = view
    .of("trigger")
    .filter(({ name }) => name.endsWith("_record_history"))
    .map(({ name }) => code(name));
  const indexed = new Set(
    view
      .of("index")
      .filter((index) => index.constraint === null)
      .map((index) => subject.tableName({ schema: index.schema, table: index.table })),
  );
  const late = given
    .filter((volume) => volume.now_rows >= LATE_INDEX_ROWS_MIN && indexed.has(subject.tableName(volume)))
    .slice(0, 2);
  const secured = view.of("policy").length > 0;
  return paragraphs(
    `To bring in the ${count(rows)} rows that exist today, load parents before children: ${order.map(code).join(", ")}. What triggers and jobs keep (histories, words, read models) is not loaded.`,
    bullets([
      ...(secured && design.tenancy !== null
        ? [
            `Row security binds the owner too: load one tenant per transaction with ${code(`SET LOCAL ${design.tenancy.setting}`)}, or as a role with BYPASSRLS that is dropped afterwards.`,
          ]
        : []),
      ...(later.length === 0
        ? []
        : [`${later.join(", ")}: the row referred to comes later; load the reference as null and set it at the end.`]),
      ...(recorders.length === 0
        ? []
        : [
            `Disable ${recorders.join(", ")} for the load (${code("ALTER TABLE … DISABLE TRIGGER …")}), or each loaded row also writes an "insert" into its history.`,
          ]),
      ...(late.length === 0
        ? []
        : [
            `The migration has made every index. For ${late.map((volume) => `${code(subject.tableName(volume))} (${count(volume.now_rows)} rows)`).join(" and ")}, drop those that Index Strategy lists as CREATE INDEX first and run these statements after the load: sorting once is faster than inserting row by row.`,
          ]),
      ...design.jobs
        .filter((job) => job.name.startsWith("refresh "))
        .map((job) => `Run the job ${code(job.name)} once without its condition on the time.`),
      `Then ${code("ANALYZE")}: without statistics none of the plans above holds.`,
    ]),
  );
}

/** How the first migration goes in and out, and how existing data is loaded. */
export function dataMigration(subject: Subject): string {
  const { dialect, design, stamp, proof } = subject;
  const up = dialect.create(design.catalog);
  const roles = subject.view.of("role").map((role) => code(role.name));
  const outside = up.filter((statement) => !statement.transactional).length;
  const ritual = proof.steps.filter((step) => /^(apply|down|up|knex)/.test(step.id));
  return paragraphs(
    `The first migration is ${code(`migrations/${stamp}_initial_schema.ts`)} (Knex) and, for other tools, ${code(`migrations/sql/${stamp}_initial_schema.up.sql`)} with its ${code(".down.sql")}: ${up.length} statements, ${outside === 0 ? "all in one transaction, so it applies whole or not at all" : `${outside} of them outside a transaction`}. ${roles.length === 1 ? `The role ${roles[0] ?? ""} is made if it is absent and stays` : `The roles ${roles.join(" and ")} are made if they are absent and stay`} when the migration is undone, since roles belong to the whole server. Knex runs a TypeScript migration where Node can: on Node 20 with ${code("NODE_OPTIONS='--import tsx' npx knex migrate:latest")}.`,
    bullets(ritual.map((step) => `*${standingOf(step)}*: ${plain(step.claim)} (${plain(step.observed)})`)),
    loading(subject),
  );
}
