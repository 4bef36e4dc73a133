import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { FIELD_TYPES } from "../../model/brief.ts";
import type { Brief } from "../../model/brief.ts";
import { briefJsonSchema } from "./json-schema.ts";
import { readBrief } from "./read.ts";

const FOLDER = new URL("../../../examples/", import.meta.url);
const texts = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".yaml"))
  .map((name): [string, string] => [name, readFileSync(new URL(name, FOLDER), "utf8")]);
const admits = new Ajv({ allErrors: true, strict: false }).compile(briefJsonSchema());

describe("examples", () => {
  it("there are five", () => {
    expect(texts.map(([name]) => name)).toEqual([
      "blog.yaml",
      "payments.yaml",
      "project-management.yaml",
      "sensors.yaml",
      "shop.yaml",
    ]);
  });

  it.each(texts)("%s reads, and editors accept it", (name, text) => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schemas/brief.schema.json");
    const brief = readBrief(text, name);
    expect(`${brief.name}.yaml`).toBe(name);
    admits(parse(text));
    expect(admits.errors).toBeNull();
    for (const { rate_per_s, p95_ms } of brief.patterns) expect([rate_per_s, p95_ms]).not.toContain(null);
  });

  it("use every construct of the language", () => {
    const briefs = texts.map(([name, text]): Brief => readBrief(text, name));
    const entities = briefs.flatMap((brief) => brief.entities);
    const fields = entities.flatMap((entity) => [...entity.fields, ...entity.manyToMany.flatMap((one) => one.fields)]);
    const references = entities.flatMap((entity) => entity.belongsTo.map((one) => ({ ...one, entity })));
    const patterns = briefs.flatMap((brief) => brief.patterns);
    const rules = entities.flatMap((entity) => entity.rules);
    const used: Readonly<Record<string, boolean>> = {
      ...Object.fromEntries(FIELD_TYPES.map((type) => [type, fields.some((field) => field.type === type)])),
      ...Object.fromEntries(
        ["eq", "in", "range", "prefix", "contains", "is-null", "not-null"].map((one) => [
          one,
          patterns.some(({ where }) => where.some(({ comparison }) => comparison === one)),
        ]),
      ),
      ...Object.fromEntries(
        ["read", "aggregate", "insert", "update", "delete", "search"].map((one) => [
          one,
          patterns.some(({ operation }) => operation === one),
        ]),
      ),
      ...Object.fromEntries(
        ["personal", "special-category", "card-data", "secret"].map((one) => [
          `@${one}`,
          fields.some(({ classification }) => classification === one),
        ]),
      ),
      ...Object.fromEntries(
        ["check", "unique", "no-overlap"].map((one) => [`rule ${one}`, rules.some(({ kind }) => kind === one)]),
      ),
      ...Object.fromEntries(
        ["erase", "anonymise", "keep"].map((one) => [`erase ${one}`, entities.some(({ erase }) => erase === one)]),
      ),
      ...Object.fromEntries(
        ["erase", "anonymise", "archive"].map((one) => [
          `then ${one}`,
          entities.some(({ retention }) => retention?.then === one),
        ]),
      ),
      ...Object.fromEntries(
        ["restrict", "cascade", "set null"].map((one) => [
          `on delete ${one}`,
          references.some(({ onDelete }) => onDelete === one),
        ]),
      ),
      "one-to-one": references.some(({ one }) => one),
      "self-reference": references.some(({ targets, entity }) => targets.includes(entity.name)),
      polymorphic: references.some(({ targets }) => targets.length > 1),
      inheritance: entities.some(({ isA }) => isA !== null),
      "natural key": entities.some(({ key }) => key !== null),
      "many-to-many": entities.some(({ manyToMany }) => manyToMany.some((one) => one.fields.length > 0)),
      "ordered many-to-many": entities.some(({ manyToMany }) => manyToMany.some(({ ordered }) => ordered)),
      "soft delete": entities.some(({ softDelete }) => softDelete),
      history: entities.some(({ history }) => history === "changes"),
      "append only": entities.some(({ appendOnly }) => appendOnly),
      "ordered within": entities.some(({ orderedWithin }) => orderedWithin !== null),
      dependencies: entities.some(({ dependencies }) => dependencies.length > 0),
      search: entities.some(({ search }) => search.length > 0),
      "not per tenant": entities.some(({ perTenant }) => perTenant === false),
      eventual: entities.some(({ consistency }) => consistency === "eventual"),
      "across tenants": patterns.some(({ acrossTenants }) => acrossTenants),
      staleness: patterns.some(({ staleness_s }) => staleness_s !== null),
      constants: patterns.some(({ where }) => where.some(({ values }) => values !== null)),
      tenancy: briefs.some(({ tenancy }) => tenancy?.largestShare != null),
      objectives: briefs.some(({ rpo_s, rto_s }) => rpo_s !== null && rto_s !== null),
    };
    expect(Object.keys(used).filter((name) => used[name] === false)).toEqual([]);
  });
});

describe("the JSON Schema", () => {
  it.each<[string, unknown]>([
    ["an unknown key", { name: "x", entities: {}, nmae: 1 }],
    ["an unknown type", { name: "x", entities: { a: { fields: { f: "textt(3)" } } } }],
    ["an unknown unit", { name: "x", entities: { a: { fields: { f: "date" }, volume: { now: "5 Mio" } } } }],
    ["a name in capitals", { name: "x", entities: { Task: { fields: { f: "date" } } } }],
    ["an engine that is not there", { name: "x", engine: "mysql", entities: { a: { fields: { f: "date" } } } }],
    [
      "a p95 without a unit",
      { name: "x", entities: { a: { fields: { f: "date" } } }, access_patterns: { p: { read: "a", p95: "20" } } },
    ],
  ])("refuses %s", (_name, document) => {
    expect(admits(document)).toBe(false);
  });

  it("explains every key", () => {
    const unexplained: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { properties } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, value] of Object.entries(properties ?? {}))
        if (value.description === undefined) unexplained.push(`${path}.${key}`);
      for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
    };
    visit(briefJsonSchema(), "");
    expect(unexplained).toEqual([]);
  });
});
