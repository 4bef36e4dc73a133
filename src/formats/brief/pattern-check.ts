import type { BriefEntity, BriefField, BriefPattern, Comparison, FieldType } from "../../model/brief.ts";
import { member } from "./document.ts";
import type { BriefNode } from "./document.ts";
import { resolvePath } from "./pattern-path.ts";
import type { PathContext } from "./pattern-path.ts";
import { withArticle } from "./problems.ts";
import type { Problems } from "./problems.ts";

/** Spans of the calendar that an aggregate may be grouped by. */
export const CALENDAR: ReadonlySet<string> = new Set(["hour", "day", "week", "month", "year"]);

/** Which keys go with which operation; the others make no sense there. */
const KEYS: Readonly<Record<BriefPattern["operation"], readonly string[]>> = {
  read: ["where", "order", "limit", "with", "fields", "staleness"],
  search: ["where", "limit", "with", "fields", "staleness"],
  aggregate: ["where", "by", "staleness"],
  insert: [],
  update: ["where", "set"],
  delete: ["where"],
};
const SHAPES = ["where", "order", "limit", "with", "fields", "set", "by", "staleness"];

const TEXTS: readonly FieldType[] = ["text", "code", "slug", "email", "url", "phone", "markdown", "token"];
const UNORDERED: readonly FieldType[] = ["json", "bytes", "point", "list", "boolean"];

/** Tells what makes no sense in a pattern whose names are known. */
export function checkPattern(
  pattern: BriefPattern,
  node: BriefNode,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
): void {
  const allowed = KEYS[pattern.operation];
  for (const key of SHAPES) {
    const stray = allowed.includes(key) ? null : member(node, key);
    if (stray === null) continue;
    const may = allowed.length === 0 ? "only rate, p95 and about" : `${allowed.join(", ")}, rate, p95 and about`;
    problems.add(stray, `${key} makes no sense in ${withArticle(pattern.operation)}`, {
      expected: may,
    });
  }
  if (pattern.p95_ms === 0)
    problems.add(member(node, "p95") ?? node, "a p95 of nothing", { expected: "a time such as 20 ms" });
  checkWrites(pattern, node, entity, problems);
  if (pattern.operation === "search" && entity.search.length === 0)
    problems.add(member(node, "search") ?? node, `${entity.name} has nothing to search in`, {
      expected: "an entity with search: [fields]",
      mend: `add search: [${firstText(entity)}] to ${entity.name}`,
    });
  checkFilters(pattern, node, entity, context, problems);
  checkCalendar(pattern, node, entity, problems);
}

const firstText = (entity: BriefEntity): string =>
  entity.fields.find(({ type }) => TEXTS.includes(type))?.name ?? "title";

function checkWrites(pattern: BriefPattern, node: BriefNode, entity: BriefEntity, problems: Problems): void {
  const { operation } = pattern;
  if (operation !== "update" && operation !== "delete") return;
  const subject = member(node, operation) ?? node;
  if (entity.appendOnly)
    problems.add(subject, `${entity.name} is append-only`, {
      expected: "insert, read, aggregate or search",
      mend: operation === "delete" ? "let retention remove old rows" : "remove append_only, or insert a correcting row",
    });
  if (member(node, "where") === null)
    problems.add(subject, `${withArticle(operation)} without where`, {
      expected: "which rows: where: { id: eq } or fields of the entity",
    });
  if (operation === "update" && member(node, "set") === null)
    problems.add(subject, "an update without set", { expected: "the fields that change: set: [status]" });
  for (const name of pattern.sets) {
    const part = [...entity.fields, ...entity.belongsTo].find((one) => one.name === name);
    if (part?.immutable === true)
      problems.add(member(node, "set") ?? subject, `${name} is immutable`, { expected: "fields that may change" });
    if (name.includes("."))
      problems.add(member(node, "set") ?? subject, `${name} is not of ${entity.name} itself`, {
        expected: "fields of the entity",
      });
  }
}

function checkFilters(
  pattern: BriefPattern,
  node: BriefNode,
  entity: BriefEntity,
  context: PathContext,
  problems: Problems,
): void {
  const where = member(node, "where");
  for (const filter of pattern.where) {
    const at = member(where, filter.path) ?? node;
    const end = resolvePath(at, filter.path, entity, context, problems, true);
    const what = end === null ? null : misuse(filter.comparison, end.field, end.relation?.optional ?? null);
    if (what !== null) problems.add(at, `${filter.path}: ${what.what}`, { expected: what.expected });
  }
  const order = member(node, "order");
  for (const { path } of pattern.order) {
    const end = resolvePath(order ?? node, path, entity, context, problems);
    if (
      end?.field !== null &&
      end?.field !== undefined &&
      UNORDERED.includes(end.field.type) &&
      end.field.type !== "boolean"
    )
      problems.add(order ?? node, `${path}: ${withArticle(end.field.type)} has no order`, {
        expected: "a field that can be sorted",
      });
  }
}

function misuse(
  comparison: Comparison,
  field: BriefField | null,
  optionalReference: boolean | null,
): { what: string; expected: string } | null {
  const optional = field?.optional ?? optionalReference;
  if ((comparison === "is-null" || comparison === "not-null") && optional === false)
    return { what: "is required, so never null", expected: "an optional field" };
  if (field === null) {
    const nonsense = optionalReference !== null && ["range", "prefix", "contains"].includes(comparison);
    return nonsense ? { what: `${comparison} of a reference`, expected: "eq or in for a reference" } : null;
  }
  if (comparison === "range" && [...UNORDERED, "enum", "uuid", "hash", "token"].includes(field.type))
    return { what: `range of ${withArticle(field.type)}`, expected: "range of a number, a date, an instant or a text" };
  if (comparison === "prefix" && !TEXTS.includes(field.type))
    return { what: `prefix of ${withArticle(field.type)}`, expected: "prefix of a text" };
  if (comparison === "contains" && ![...TEXTS, "list", "json"].includes(field.type))
    return { what: `contains in ${withArticle(field.type)}`, expected: "contains in a text, a list or a json" };
  if ((comparison === "eq" || comparison === "in") && ["json", "bytes", "point", "markdown"].includes(field.type))
    return { what: `${comparison} of ${withArticle(field.type)}`, expected: "eq or in of a plain value" };
  return null;
}

function checkCalendar(pattern: BriefPattern, node: BriefNode, entity: BriefEntity, problems: Problems): void {
  for (const unit of pattern.by) {
    if (!CALENDAR.has(unit)) continue;
    const at = member(node, "by") ?? node;
    if (entity.fields.some(({ name }) => name === unit))
      problems.add(at, `${unit} is a field of ${entity.name} and a span of the calendar`, {
        expected: "one meaning",
        mend: `rename the field ${unit}`,
      });
    else if (!entity.fields.some(({ type }) => type === "instant" || type === "date"))
      problems.add(at, `${entity.name} has no time to group by ${unit}`, {
        expected: "an entity with an instant or a date",
      });
  }
}
