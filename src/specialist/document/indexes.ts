import { refKey } from "../../model/ref.ts";
import { decisionList } from "./decisions.ts";
import { code, fenced, plain, table } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import type { Subject } from "./subject.ts";

/** Each index: what it serves, why its columns stand in this order, what it costs. */
export function indexStrategy(subject: Subject): string {
  const { view, design } = subject;
  const served = new Map<string, string[]>();
  for (const query of design.queries) {
    if (query.index === null) continue;
    served.set(query.index, [...(served.get(query.index) ?? []), query.pattern]);
  }
  const partitions = new Set(
    view
      .of("table")
      .filter((one) => one.partitionOf !== null)
      .map((one) => `${one.schema}.${one.name}`),
  );
  const indexes = view.of("index").filter((index) => !partitions.has(`${index.schema}.${index.table}`));
  const duties = new Map(
    subject
      .decisions("index")
      .flatMap(({ because, objects }) =>
        objects.map((object) => [object, /^Serves (.+?)(?:[:.] | \(|$)/.exec(because)?.[1] ?? "see below"] as const),
      ),
  );
  const rows = indexes.map((index) => [
    code(subject.tableName({ schema: index.schema, table: index.table })),
    code(index.name),
    index.constraint === null ? (index.unique ? "unique" : index.method) : "constraint",
    (served.get(refKey(index)) ?? []).map(plain).join(", ") ||
      (index.constraint === null ? plain(duties.get(refKey(index)) ?? "uniqueness") : "the constraint"),
  ]);
  const ddl = indexes
    .filter((index) => index.constraint === null)
    .map((index) => `${index.definition};`)
    .join("\n");
  return paragraphs(
    table(["table", "index", "kind", "what it serves"], rows),
    ddl === "" ? "" : fenced("sql", ddl),
    decisionList(subject.decisions("index")),
  );
}
