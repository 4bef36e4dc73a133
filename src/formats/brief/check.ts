import type { Brief, BriefEntity, BriefField, BriefRelation, FieldType } from "../../model/brief.ts";
import { checkCycles } from "./cycles.ts";
import { withArticle } from "./problems.ts";
import type { Place, Problems } from "./problems.ts";

const TEXTS: readonly FieldType[] = ["text", "code", "slug", "email", "url", "phone", "markdown"];
const SPANS: readonly FieldType[] = ["date", "instant", "time", "integer", "bigint", "decimal", "money", "float"];

/** Tells what contradicts itself in a brief whose parts can be read one by one. */
export function checkBrief(brief: Brief, problems: Problems): void {
  for (const entity of brief.entities) {
    checkTenancy(entity, brief, problems);
    checkParent(entity, brief, problems);
    checkKey(entity, problems);
    checkFlags(entity, problems);
    checkRules(entity, problems);
  }
  checkCycles(brief.entities, problems);
}

/** The place of something inside an entity: where it stands when that is known, else the entity. */
const under = (entity: BriefEntity, key: string): Place => ({ ...entity.at, path: `${entity.at.path}.${key}` });

function checkTenancy(entity: BriefEntity, brief: Brief, problems: Problems): void {
  const mend = "add tenancy: { tenant: … } to the brief, or write unique";
  for (const field of entity.fields) {
    if (field.unique !== "per-tenant") continue;
    if (brief.tenancy === null)
      problems.add(field.at, `${field.name} is unique per tenant, and there are no tenants`, {
        expected: "a brief with tenancy",
        mend,
      });
    else if (brief.tenancy.tenant === entity.name)
      problems.add(field.at, `${entity.name} is the tenant itself`, { expected: "unique", mend: "write unique" });
    else if (entity.perTenant === false)
      problems.add(field.at, `${entity.name} is shared by all tenants`, { expected: "unique", mend: "write unique" });
  }
  if (entity.perTenant === true && brief.tenancy === null)
    problems.add(under(entity, "per_tenant"), `${entity.name} is per tenant, and there are no tenants`, {
      expected: "a brief with tenancy",
    });
}

function checkParent(entity: BriefEntity, brief: Brief, problems: Problems): void {
  if (entity.isA === null) return;
  const line = [entity.name];
  let parent = brief.entities.find(({ name }) => name === entity.isA);
  while (parent !== undefined && !line.includes(parent.name)) {
    const { name } = parent;
    line.push(name);
    const fields = new Set(parent.fields.map((field) => field.name));
    for (const field of entity.fields)
      if (fields.has(field.name))
        problems.add(field.at, `${field.name} is a field of ${name} already`, {
          expected: `fields that ${name} does not have`,
        });
    const next: string | null = parent.isA;
    parent = brief.entities.find((one) => one.name === next);
  }
  if (parent !== undefined && parent.name === entity.name)
    problems.add(under(entity, "is_a"), [...line, entity.name].join(" is a "), {
      expected: "a parent that does not specialise its child",
    });
  if (entity.key !== null)
    problems.add(under(entity, "key"), `${entity.name} shares the key of ${entity.isA}`, {
      expected: "no key of its own",
      mend: "write a rule: unique (…)",
    });
}

function checkKey(entity: BriefEntity, problems: Problems): void {
  const parts: readonly (BriefField | BriefRelation)[] = [...entity.fields, ...entity.belongsTo];
  for (const name of entity.key ?? []) {
    const part = parts.find((one) => one.name === name);
    if (part === undefined) continue;
    const polymorphic = "targets" in part && part.targets.length > 1;
    if (part.optional || polymorphic)
      problems.add(
        part.at,
        `${name} is part of the key and ${polymorphic ? "refers to several entities" : "may be absent"}`,
        {
          expected: "a key of required fields and references",
        },
      );
    if ("type" in part && ["json", "bytes", "list", "point", "markdown"].includes(part.type))
      problems.add(part.at, `${withArticle(part.type)} in a key`, { expected: "a key of short, plain values" });
  }
  checkRepeated(entity, "key", entity.key ?? [], problems);
  checkRepeated(entity, "search", entity.search, problems);
}

function checkRepeated(entity: BriefEntity, key: string, names: readonly string[], problems: Problems): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.add(under(entity, key), `${twice} is named twice`, { expected: "each name once" });
}

function checkFlags(entity: BriefEntity, problems: Problems): void {
  for (const { name, type, at } of entity.fields)
    if (type === "point" && Buffer.byteLength(`${name}_longitude`) > 63)
      problems.add(at, `its column would be ${name}_longitude`, {
        expected: "a shorter name: at most 53 bytes for a point",
      });
  if (entity.fields.length + entity.belongsTo.length + entity.manyToMany.length === 0 && problems.count === 0)
    problems.add(entity.at, `${entity.name} holds nothing`, { expected: "at least one field or reference" });
  if (entity.appendOnly && entity.history === "changes")
    problems.add(under(entity, "history"), `${entity.name} is append-only, so nothing changes`, {
      expected: "append_only or history",
      mend: "remove history",
    });
  if (entity.appendOnly && entity.softDelete)
    problems.add(under(entity, "soft_delete"), `${entity.name} is append-only, so nothing is deleted`, {
      expected: "append_only or soft_delete",
      mend: "remove soft_delete",
    });
  for (const relation of entity.appendOnly ? entity.belongsTo : [])
    if (relation.onDelete === "set null" && relation.onDeleteStated)
      problems.add(relation.at, `${entity.name} is append-only, and set null changes its rows`, {
        expected: "on delete restrict or cascade",
      });
  for (const name of entity.search) {
    const field = entity.fields.find((one) => one.name === name);
    if (field !== undefined && !TEXTS.includes(field.type))
      problems.add(under(entity, "search"), `${name} is ${withArticle(field.type)}: it holds no words`, {
        expected: `fields of ${TEXTS.join(", ")}`,
      });
  }
  const about = [entity.classification, ...entity.fields.map(({ classification }) => classification)];
  const people = about.some((one) => one === "personal" || one === "special-category");
  const anonymised =
    entity.erase === "anonymise" ? "erase" : entity.retention?.then === "anonymise" ? "retention" : null;
  if (anonymised !== null && !people)
    problems.add(under(entity, anonymised), `${entity.name} has nothing to anonymise`, {
      expected: "a field with @personal or @special-category",
    });
}

function checkRules(entity: BriefEntity, problems: Problems): void {
  for (const rule of entity.rules) {
    if (rule.kind === "unique") {
      const twice = rule.fields.find((name, index) => rule.fields.indexOf(name) !== index);
      if (twice !== undefined) problems.add(rule.at, `${twice} is named twice`, { expected: "each name once" });
    }
    if (rule.kind !== "no-overlap") continue;
    const ends = [rule.from, rule.to].map((name) => entity.fields.find((field) => field.name === name));
    const [from, to] = ends;
    for (const end of ends)
      if (end !== undefined && !SPANS.includes(end.type))
        problems.add(rule.at, `${end.name} is ${withArticle(end.type)}: no span begins or ends there`, {
          expected: `two fields of ${SPANS.join(", ")}`,
        });
    if (from !== undefined && to !== undefined && from.type !== to.type)
      problems.add(rule.at, `${from.name} is ${withArticle(from.type)} and ${to.name} ${withArticle(to.type)}`, {
        expected: "a span between two fields of one type",
      });
  }
  for (const { from, to, at } of entity.dependencies) {
    const both = to.find((name) => from.includes(name));
    if (both !== undefined)
      problems.add(at, `${both} stands on both sides`, { expected: "on the right, only what is not on the left" });
  }
}
