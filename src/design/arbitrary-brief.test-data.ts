import fc from "fast-check";
import { CLASSIFICATIONS, FIELD_TYPES } from "../model/brief.ts";
import type {
  Brief,
  BriefEntity,
  BriefField,
  BriefManyToMany,
  BriefPattern,
  BriefPosition,
  BriefRelation,
  BriefRule,
  Comparison,
  FieldType,
  PatternFilter,
} from "../model/brief.ts";

const AT: BriefPosition = { path: "entities", line: 1, column: 1 };

// Words of the grammar, words that design uses itself, and plain ones.
const NAMES = [
  "order",
  "user",
  "group",
  "table",
  "select",
  "task",
  "team",
  "history",
  "position",
  "column",
  "größe",
  "a",
  "check",
  "task_history",
  "task_team",
  "tenant",
];
const FIELD_NAMES = [
  "name",
  "key",
  "end",
  "default",
  "value",
  "from_at",
  "to_at",
  "status",
  "kind",
  "created_at",
  "note",
  "id_number",
  "where",
  "größe",
  "bucket",
  "document",
  "total",
];

// At most so many of a list, which may itself be shorter.
const someOf = <T>(list: readonly T[], maxLength: number): fc.Arbitrary<T[]> =>
  fc.subarray([...list], { maxLength: Math.min(maxLength, list.length) });

const fieldType: fc.Arbitrary<FieldType> = fc.constantFrom(...FIELD_TYPES);

function fieldArbitrary(name: string): fc.Arbitrary<BriefField> {
  return fieldType.chain((type) =>
    fc.record({
      name: fc.constant(name),
      about: fc.option(fc.string({ maxLength: 12 }), { nil: null }),
      type: fc.constant(type),
      length: ["text", "code", "bytes", "token"].includes(type)
        ? fc.option(fc.integer({ min: 1, max: 400 }), { nil: null })
        : fc.constant(null),
      range: ["integer", "bigint", "decimal", "money"].includes(type)
        ? fc.option(fc.constantFrom({ min: "1", max: "4" }, { min: "0", max: null }, { min: "-5", max: "70000" }), {
            nil: null,
          })
        : fc.constant(null),
      precision:
        type === "decimal" ? fc.option(fc.constant({ precision: 12, scale: 2 }), { nil: null }) : fc.constant(null),
      values: type === "enum" ? fc.constantFrom(["a", "b"], ["it's", "b", "c"], [..."abcdefghijklm"]) : fc.constant([]),
      element:
        type === "list"
          ? fc.constant({ type: "text" as const, length: 10, range: null, precision: null, values: [] })
          : fc.constant(null),
      optional: fc.boolean(),
      default:
        type === "boolean"
          ? fc.constantFrom(null, "true")
          : type === "instant"
            ? fc.constantFrom(null, "now")
            : fc.constant(null),
      unique: ["json", "point", "list"].includes(type)
        ? fc.constant(null)
        : fc.constantFrom(null, null, null, "everywhere" as const, "per-tenant" as const),
      immutable: fc.boolean(),
      classification: fc.option(fc.constantFrom(...CLASSIFICATIONS), { nil: null, freq: 3 }),
      at: fc.constant(AT),
    }),
  );
}

const fieldsArbitrary: fc.Arbitrary<BriefField[]> = fc
  .subarray(FIELD_NAMES, { maxLength: 6 })
  .chain((names) => fc.tuple(...names.map(fieldArbitrary)));

function relationArbitrary(name: string, targets: readonly string[]): fc.Arbitrary<BriefRelation> {
  return fc
    .record({
      targets: fc.subarray([...targets], { minLength: 1, maxLength: Math.min(2, targets.length) }),
      optional: fc.boolean(),
      one: fc.boolean(),
      immutable: fc.boolean(),
      onDelete: fc.constantFrom("restrict" as const, "cascade" as const, "set null" as const, "no action" as const),
      onDeleteStated: fc.boolean(),
    })
    .map((relation) => ({
      ...relation,
      name,
      about: null,
      at: AT,
      optional: relation.optional || relation.onDelete === "set null",
    }));
}

const volume = fc.record({
  now_rows: fc.option(fc.constantFrom(0, 40, 9_000, 2_000_000, 3_000_000_000), { nil: null }),
  per_month_rows: fc.option(fc.constantFrom(0, 100, 4_000_000, 200_000_000), { nil: null }),
  row_bytes: fc.option(fc.constantFrom(40, 900), { nil: null }),
  skew: fc.option(fc.constantFrom(0.01, 0.5), { nil: null }),
});

const retention = fc.option(
  fc.record({
    months: fc.integer({ min: 1, max: 120 }),
    then: fc.constantFrom("erase" as const, "anonymise" as const, "archive" as const),
  }),
  { nil: null },
);

function rulesArbitrary(fields: readonly BriefField[]): fc.Arbitrary<BriefRule[]> {
  const plain = fields.filter((field) => field.type !== "point" && field.type !== "json");
  const [first, second] = plain;
  const options: BriefRule[] = [];
  if (first !== undefined) {
    options.push({ kind: "check", expression: `"${first.name}" is not null or true`, about: null, at: AT });
    options.push({
      kind: "unique",
      fields: [first.name, ...(second === undefined ? [] : [second.name])],
      where: null,
      at: AT,
    });
    options.push({ kind: "unique", fields: [first.name], where: `"${first.name}" is not null`, at: AT });
  }
  const [from, to] = fields.filter((field) => field.type === "instant" || field.type === "date");
  if (from !== undefined && to !== undefined && from.type === to.type)
    options.push({ kind: "no-overlap", from: from.name, to: to.name, per: [], at: AT });
  return options.length === 0 ? fc.constant([]) : fc.subarray(options);
}

function entityArbitrary(name: string, earlier: readonly string[], all: readonly string[]): fc.Arbitrary<BriefEntity> {
  const relations = fc
    .subarray(["owner", "parent", "subject"], { maxLength: 2 })
    .chain((names) => fc.tuple(...names.map((own) => relationArbitrary(own, own === "parent" ? [name] : all))));
  const pairs: fc.Arbitrary<BriefManyToMany[]> = fc
    .subarray([...all], { maxLength: 1 })
    .map((targets) => targets.map((target) => ({ name: "members", target, fields: [], ordered: false, at: AT })));
  return fieldsArbitrary.chain((fields) =>
    fc
      .record({
        belongsTo: relations,
        manyToMany: pairs,
        isA: earlier.length === 0 ? fc.constant(null) : fc.option(fc.constantFrom(...earlier), { nil: null, freq: 4 }),
        key: fc.option(
          someOf(
            fields.filter((field) => !field.optional).map((field) => field.name),
            2,
          ),
          { nil: null, freq: 3 },
        ),
        perTenant: fc.constantFrom(null, null, null, true),
        rules: rulesArbitrary(fields),
        dependencies:
          fields.length >= 2
            ? fc.constantFrom([], [{ from: [fields[0]?.name ?? ""], to: [fields[1]?.name ?? ""], at: AT }])
            : fc.constant([]),
        history: fc.constantFrom("none" as const, "changes" as const),
        softDelete: fc.boolean(),
        appendOnly: fc.boolean(),
        ordered: fc.boolean(),
        volume,
        retention,
        erase: fc.constantFrom(null, "erase" as const, "anonymise" as const, "keep" as const),
        classification: fc.option(fc.constantFrom(...CLASSIFICATIONS), { nil: null, freq: 5 }),
        consistency: fc.constantFrom("strong" as const, "eventual" as const),
      })
      .map(({ ordered, key, ...entity }) => ({
        ...entity,
        name,
        about: null,
        fields,
        key: key !== null && key.length > 0 ? key : null,
        search: fields.filter((field) => field.type === "text" || field.type === "markdown").map((field) => field.name),
        orderedWithin: ordered
          ? (entity.belongsTo.find((relation) => relation.targets.length === 1)?.name ?? "")
          : null,
        at: AT,
      })),
  );
}

function patternArbitrary(entity: BriefEntity, number: number): fc.Arbitrary<BriefPattern> {
  const comparisons: fc.Arbitrary<Comparison> = fc.constantFrom("eq", "in", "range", "is-null", "not-null");
  const paths = [
    ...entity.fields.filter((field) => !["json", "point", "list"].includes(field.type)).map((field) => field.name),
    ...entity.belongsTo.filter((relation) => relation.targets.length === 1).map((relation) => relation.name),
  ];
  const filter: fc.Arbitrary<PatternFilter[]> = someOf(paths, 3).chain((chosen) =>
    fc.tuple(
      ...chosen.map((path) => comparisons.map((comparison): PatternFilter => ({ path, comparison, values: null }))),
    ),
  );
  const operations = [
    "read",
    "insert",
    ...(entity.fields.length > 0 && !entity.appendOnly ? ["update"] : []),
    "delete",
    "aggregate",
    ...(entity.search.length > 0 ? ["search"] : []),
  ] as const;
  return fc.record({
    name: fc.constant(`pattern ${number}`),
    about: fc.constant(null),
    operation: fc.constantFrom(...(operations as readonly BriefPattern["operation"][])),
    entity: fc.constant(entity.name),
    where: filter,
    order: someOf(paths, 2).map((chosen) => chosen.map((path) => ({ path, direction: "desc" as const }))),
    limit: fc.option(fc.constantFrom(1, 50), { nil: null }),
    with: fc.constant([]),
    fields: fc.constant(null),
    sets: fc.constant([]),
    measure: fc.constant(null),
    by: fc.subarray(paths.slice(0, 2)),
    rate_per_s: fc.option(fc.constantFrom(0.1, 80), { nil: null }),
    p95_ms: fc.constant(50),
    staleness_s: fc.option(fc.constant(3600), { nil: null }),
    acrossTenants: fc.constantFrom(false, false, true),
    at: fc.constant(AT),
  });
}

/** Briefs of every construct, also strange ones; some cannot be designed and must be refused with a reason. */
export const arbitraryBrief: fc.Arbitrary<Brief> = fc
  .record({
    names: fc.subarray(NAMES, { minLength: 1, maxLength: 5 }),
    model: fc.constantFrom(
      null,
      "shared-schema" as const,
      "shared-schema" as const,
      "schema-per-tenant" as const,
      "database-per-tenant" as const,
    ),
    major: fc.constantFrom(15, 16, 17, 18),
    retention,
  })
  .chain(({ names, model, major, retention: whole }) =>
    fc
      .tuple(...names.map((name, at) => entityArbitrary(name, names.slice(0, at), names)))
      .chain((entities) =>
        fc.tuple(fc.constant(entities), fc.tuple(...entities.map((entity, at) => patternArbitrary(entity, at)))),
      )
      .map(([entities, patterns]) => ({
        name: "drawn system",
        about: null,
        engine: { name: "postgres" as const, major },
        tenancy: model === null ? null : { model, tenant: names[0] ?? "", largestShare: 0.3 },
        retention: whole,
        rpo_s: null,
        rto_s: null,
        horizon_months: 36,
        entities,
        patterns,
        file: "drawn.yaml",
      })),
  );
