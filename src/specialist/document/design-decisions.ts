import type { DecisionTopic } from "../../model/decision.ts";
import { decisionList, decisionTable } from "./decisions.ts";
import { paragraphs } from "./markdown.ts";
import { provisioning } from "./tenants.ts";
import type { Subject } from "./subject.ts";

const FULL: readonly { readonly title: string; readonly topics: readonly DecisionTopic[] }[] = [
  { title: "Normal form", topics: ["normal-form"] },
  { title: "Tenancy", topics: ["tenancy"] },
  { title: "Primary keys", topics: ["primary-key"] },
  { title: "Relationships", topics: ["relationship"] },
  { title: "History", topics: ["history"] },
];

const TABLES: readonly { readonly title: string; readonly topics: readonly DecisionTopic[]; readonly what: string }[] =
  [
    { title: "Foreign keys", topics: ["foreign-key"], what: "reference" },
    { title: "Types", topics: ["type", "enum"], what: "column" },
    { title: "Constraints", topics: ["constraint"], what: "invariant" },
  ];

/** Every structural decision, with its reason and what was decided against. */
export function designDecisions(subject: Subject): string {
  const sections = [
    ...FULL.map(({ title, topics }) => ({
      title,
      text: paragraphs(
        decisionList(subject.decisions(...topics)),
        topics.includes("tenancy") ? provisioning(subject) : "",
      ),
    })),
    ...TABLES.map(({ title, topics, what }) => ({ title, text: decisionTable(subject.decisions(...topics), what) })),
  ];
  return paragraphs(...sections.map(({ title, text }) => (text === "" ? "" : `### ${title}\n\n${text}`)));
}
