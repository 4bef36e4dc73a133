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

/** How the first migration goes in and out, and how existing data is loaded. */
export function dataMigration(subject: Subject): string {
  const { dialect, design, stamp, proof } = subject;
  const up = dialect.create(design.catalog);
  const outside = up.filter((statement) => !statement.transactional).length;
  const rowsNow = design.volumes.reduce((sum, volume) => sum + volume.now_rows, 0);
  const ritual = proof.steps.filter((step) => /^(apply|down|up|knex)/.test(step.id));
  return paragraphs(
    `The first migration is ${code(`migrations/${stamp}_initial_schema.ts`)} (Knex) and, for other tools, ${code(`migrations/sql/${stamp}_initial_schema.up.sql`)} with its ${code(".down.sql")}: ${up.length} statements, ${outside === 0 ? "all in one transaction, so it applies whole or not at all" : `${outside} of them outside a transaction`}. The role ${code(design.applicationRole)} is made if it is absent and stays when the migration is undone, since roles belong to the whole server.`,
    bullets(ritual.map((step) => `*${standingOf(step)}*: ${plain(step.observed)}`)),
    `To bring in the ${count(rowsNow)} rows that exist today: load as the owner (row security is forced, so either set the tenant per batch or load as a role with BYPASSRLS that is removed afterwards), parents before children, in this order: ${loadOrder(subject).map(code).join(", ")}. Load before adding the indexes of the two largest tables (${subject.volumes
      .slice(0, 2)
      .map((volume) => `${code(subject.tableName(volume))}, ${count(volume.now_rows)} rows`)
      .join("; ")}), then ${code("ANALYZE")}.`,
  );
}
