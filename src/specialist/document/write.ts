import type { Design } from "../../model/design.ts";
import type { Proof } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import { backupAndRecovery } from "./backup.ts";
import { dataModel } from "./data-model.ts";
import { designDecisions } from "./design-decisions.ts";
import { indexStrategy } from "./indexes.ts";
import { plain } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import { dataMigration } from "./migration.ts";
import { nosql } from "./nosql.ts";
import { proofRecord } from "./proof.ts";
import { queryPatterns } from "./queries.ts";
import { scalability } from "./scalability.ts";
import { security } from "./security.ts";
import { subjectOf } from "./subject.ts";
import type { Subject } from "./subject.ts";

const SECTIONS: readonly { readonly title: string; readonly write: (subject: Subject) => string }[] = [
  { title: "Data Model Design", write: dataModel },
  { title: "Schema Design Decisions", write: designDecisions },
  { title: "Index Strategy", write: indexStrategy },
  { title: "Query Patterns and Optimization", write: queryPatterns },
  { title: "Scalability Considerations", write: scalability },
  { title: "Data Migration Plans", write: dataMigration },
  { title: "Backup and Recovery", write: backupAndRecovery },
  { title: "NoSQL Considerations", write: nosql },
  { title: "Security", write: security },
  { title: "Proof", write: proofRecord },
];

/**
 * The design document, `ai_docs/database-design.md`: ten sections, each about this design and with its
 * numbers. `stamp` is the first migration's `YYYYMMDDHHMMSS`.
 */
export function designDocument(design: Design, proof: Proof, dialect: Dialect, stamp: string): string {
  const subject = subjectOf(design, proof, dialect, stamp);
  const title = `# Database design: ${plain(design.brief.name)}`;
  const body = SECTIONS.map(({ title: section, write }) => `## ${section}\n\n${write(subject)}`);
  return `${paragraphs(title, ...body)}\n`;
}
