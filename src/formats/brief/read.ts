import type { Brief, BriefEntity, BriefPattern, BriefTenancy } from "../../model/brief.ts";
import { invalid } from "../../model/error.ts";
import { checkCardData } from "./card-data.ts";
import { checkBrief } from "./check.ts";
import { SpecError } from "./cursor.ts";
import { member, readDocument, textOf } from "./document.ts";
import type { BriefNode } from "./document.ts";
import { madeNames, named, oneOf, readEntity, readRetention } from "./entity.ts";
import { checkNames } from "./names.ts";
import { nearest } from "./nearest.ts";
import { readPattern } from "./pattern.ts";
import type { PathContext } from "./pattern-path.ts";
import { Problems } from "./problems.ts";
import { parseMonths, parseSeconds, parseShare } from "./quantities.ts";
import { readSpec } from "./reading.ts";
import { checkShape } from "./shape-check.ts";

/** How far ahead volumes are projected unless the brief says otherwise. */
const HORIZON_MONTHS = 36;
/** The major that is used unless the brief says otherwise. */
const MAJOR = 18;

/**
 * Reads a brief: every short form expanded, every default filled in, every name resolved. `file` is for
 * messages only; nothing is opened. Throws a `DbwrightError` (exit 2) that holds all problems found (at
 * most 20), each with file, line, column and field. The language is described in `docs/guides/brief.md`.
 */
export function readBrief(text: string, file: string): Brief {
  const root = readDocument(text, file);
  if (root.kind === "nothing")
    throw invalid({
      what: "the brief is empty",
      where: `${file}:1:1`,
      expected: "a mapping with name and entities",
      mend: "begin with name: and entities:, as in examples/blog.yaml",
    });
  const problems = new Problems(file);
  checkShape(root, problems);
  checkNames(root, problems);
  const brief = expand(root, file, problems);
  checkBrief(brief, problems);
  checkCardData(brief, problems);
  const failed = problems.error();
  if (failed !== null) throw failed;
  return brief;
}

function expand(root: BriefNode, file: string, problems: Problems): Brief {
  const entries = member(root, "entities")?.entries ?? [];
  const names = entries.map(({ key }) => key);
  const entities = entries.map((entry) => readEntity(entry, names, problems));
  const context = pathContext(entities, member(root, "entities"));
  const patterns = (member(root, "access_patterns")?.entries ?? [])
    .map((entry) => readPattern(entry, context, problems))
    .filter((pattern): pattern is BriefPattern => pattern !== null);
  const defaults = member(root, "defaults");
  return {
    name: textOf(member(root, "name")) ?? "",
    about: textOf(member(root, "about")),
    engine: { name: "postgres", major: readSpec(problems, member(root, "engine"), parseEngine) ?? MAJOR },
    tenancy: readTenancy(member(root, "tenancy"), names, problems),
    retention: readRetention(member(defaults, "retention"), problems),
    rpo_s: readSpec(problems, member(defaults, "rpo"), parseSeconds),
    rto_s: readSpec(problems, member(defaults, "rto"), parseSeconds),
    horizon_months: readSpec(problems, member(defaults, "horizon"), parseMonths) ?? HORIZON_MONTHS,
    entities,
    patterns,
    file,
  };
}

function pathContext(entities: readonly BriefEntity[], node: BriefNode | null): PathContext {
  return {
    entities: new Map(entities.map((entity) => [entity.name, entity])),
    namesOf: (entity) => {
      const body = member(node, entity.name);
      const keys = (section: string): string[] => (member(body, section)?.entries ?? []).map(({ key }) => key);
      // What design adds: the id of an entity without a key of its own, and when a row was made and changed.
      const added = [
        ...(member(body, "key") === null ? ["id"] : []),
        ...(entity.appendOnly ? [] : ["created_at", "updated_at"]),
      ];
      return [...keys("fields"), ...keys("belongs_to"), ...madeNames(body), ...added];
    },
  };
}

function readTenancy(node: BriefNode | null, entities: readonly string[], problems: Problems): BriefTenancy | null {
  const tenantNode = member(node, "tenant");
  if (node === null || tenantNode === null) return null;
  const models = ["shared-schema", "schema-per-tenant", "database-per-tenant"] as const;
  return {
    model: oneOf(textOf(member(node, "model")), models) ?? "shared-schema",
    tenant: named(tenantNode, entities, "one of the entities", problems) ?? "",
    largestShare: readSpec(problems, member(node, "largest_share"), parseShare),
  };
}

/** Reads `postgres@18`; `postgres` alone is the newest major. */
function parseEngine(text: string): number {
  const [name = "", version, ...more] = text.trim().split("@");
  const expected = "postgres@15, postgres@16, postgres@17 or postgres@18";
  if (name !== "postgres" || more.length > 0) {
    const others = ["mysql", "mariadb", "sqlite", "mongodb", "cockroachdb", "sqlserver", "oracle"];
    const postgres = ["postgresql", "pg", "psql"].includes(name.toLowerCase()) || nearest(name, ["postgres"]) !== null;
    if (others.includes(name.toLowerCase())) throw new SpecError(`${name} is not supported yet`, 0, expected);
    throw new SpecError(
      `unknown engine "${name.slice(0, 40)}"`,
      0,
      expected,
      postgres ? "did you mean postgres?" : null,
    );
  }
  if (version === undefined) return MAJOR;
  const major = /^\d{2}$/.test(version) ? Number(version) : 0;
  if (major < 15 || major > 18)
    throw new SpecError(
      `postgres ${version.slice(0, 20)} is not supported`,
      name.length + 1,
      "a major from 15 to 18, as in postgres@18",
    );
  return major;
}
