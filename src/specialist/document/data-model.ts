import { writeMermaid } from "../../formats/mermaid/write.ts";
import { bytes, count } from "./figures.ts";
import { code, fenced, plain, table } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import { tableBytes } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** The tables with what they keep, the diagram, and the DDL. */
export function dataModel(subject: Subject): string {
  const { design, view, dialect } = subject;
  const rows = subject.volumes.map((volume) => [
    code(subject.tableName(volume)),
    plain(view.table(volume.schema, volume.table)?.table.comment ?? ""),
    count(volume.now_rows),
    count(volume.per_month_rows),
    count(volume.horizon_rows),
    bytes(tableBytes(volume, volume.horizon_rows)),
    volume.standing,
  ]);
  const ddl = dialect
    .create(design.catalog)
    .map((statement) => `${statement.sql};`)
    .join("\n\n");
  const numbers = ["rows now", "a month", `after ${design.brief.horizon_months} months`, "bytes then"];
  return paragraphs(
    design.brief.about === null ? "" : plain(design.brief.about),
    table(["table", "keeps", ...numbers, "volume"], rows, numbers),
    "Volumes marked *stated* are the brief's; those marked *inferred* follow from the tables they hang on. Bytes are rows without indexes, *estimated* from the column widths.",
    fenced("mermaid", writeMermaid(design.catalog)),
    `<details><summary>DDL (also in <code>schema.sql</code>)</summary>\n\n${fenced("sql", ddl)}\n\n</details>`,
  );
}
