import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { design } from "../../design/design.ts";
import { postgres } from "../../engines/postgres/dialect.ts";
import { readBrief } from "../../formats/brief/read.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { Design } from "../../model/design.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import { slugOf } from "../../twin/prove/plans.ts";
import { designDocument } from "./write.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
const designed = async (file: string): Promise<Design> =>
  design(readBrief(readFileSync(examples + file, "utf8"), file), postgres, { today: "2026-03-01" });

const step = (id: string, verdict: ProofStep["verdict"], observed: string): ProofStep => ({
  id,
  claim: `claim of ${id}`,
  verdict,
  standing: verdict === "not-run" ? "not proved" : "measured",
  observed,
  duration_ms: 1,
});

const proofOf = (steps: readonly ProofStep[]): Proof => ({
  claim: "it holds",
  twin: { engine: "postgres", version: "18.4", depth: "stats", server: "a server" },
  steps,
  verdict: "proved",
  at: "2026-03-01T00:00:00.000Z",
  duration_ms: 12_000,
});

const documentOf = (of: Design, steps: readonly ProofStep[] = []): string =>
  designDocument(of, proofOf(steps), postgres, "20260301120000");

/** The text of each section by its title. */
function sections(document: string): Map<string, string> {
  const parts = document.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n")).trim()]));
}

const TITLES = [
  "Data Model Design",
  "Schema Design Decisions",
  "Index Strategy",
  "Query Patterns and Optimization",
  "Scalability Considerations",
  "Data Migration Plans",
  "Backup and Recovery",
  "NoSQL Considerations",
  "Security",
  "Proof",
];

describe("the design document", () => {
  test.each(readdirSync(examples).filter((file) => file.endsWith(".yaml")))(
    "%s: every section speaks of it",
    async (file) => {
      const of = await designed(file);
      const found = sections(documentOf(of));
      expect([...found.keys()]).toEqual(TITLES);
      expect([...found].filter(([, text]) => text.length <= 100)).toEqual([]);
      expect(documentOf(of)).not.toMatch(/undefined|NaN|\[object|null rows/);
      const view = viewOf(of.catalog);
      for (const { table } of view.tables) {
        if (table.partitionOf === null) expect(found.get("Data Model Design")).toContain(`\`${table.name}\``);
      }
      for (const index of view.of("index")) {
        if (index.constraint === null && view.table(index.schema, index.table)?.table.partitionOf === null) {
          expect(found.get("Index Strategy")).toContain(index.name);
        }
      }
      for (const query of of.queries) {
        expect(found.get("Query Patterns and Optimization")).toContain(`### ${query.pattern}`);
        expect(found.get("Query Patterns and Optimization")).toContain(query.sql);
      }
      const numbered = [...found.values()].filter((text) => /\d/.test(text));
      expect(numbered.length).toBe(TITLES.length);
    },
  );

  test("what was seen of a pattern stands with the pattern, refused claims stand out", async () => {
    const of = await designed("blog.yaml");
    const pattern = of.queries[0]?.pattern ?? "";
    const document = documentOf(of, [
      step(`plan/${slugOf(pattern)}`, "proved", "the index was used"),
      step("apply/up", "refuted", "the server refused it"),
      step("isolation/functions", "not-run", "not tried"),
    ]);
    const found = sections(document);
    expect(found.get("Query Patterns and Optimization")).toContain("*measured*: the index was used");
    expect(found.get("Proof")).toContain("**Refuted:** claim of apply/up");
    expect(found.get("Proof")).toContain("**Not proved:** claim of isolation/functions (not tried)");
    expect(found.get("Data Migration Plans")).toContain("*refuted*: claim of apply/up (the server refused it)");
  });

  test("the same attack on several tables is told once", async () => {
    const of = await designed("project-management.yaml");
    const document = documentOf(of, [
      step("isolation/read/task", "proved", "0 rows read"),
      step("isolation/read/team", "proved", "0 rows read"),
      step("isolation/read/member", "refuted", "7 rows read"),
    ]);
    const security = sections(document).get("Security") ?? "";
    expect(security).toContain("0 rows read; likewise for `team`");
    expect(security).toContain("*refuted*: claim of isolation/read/member: 7 rows read");
  });

  test("text from the brief is text", async () => {
    const of = await designed("blog.yaml");
    const hostile = { ...of, brief: { ...of.brief, about: "<script>alert(1)</script> | `x` [a](b)" } };
    const document = documentOf(hostile);
    expect(document).not.toContain("<script>");
    expect(document).not.toContain("[a](b)");
  });
});
