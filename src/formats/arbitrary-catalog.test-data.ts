/* Catalogs drawn at random for property tests of the writers. What PostgreSQL would refuse is not drawn. */
import fc from "fast-check";
import type { Catalog, CatalogObject, ColumnObject, ReferentialAction } from "../model/catalog.ts";
import {
  COUNTER,
  catalogFrom,
  columnObject,
  constraintObject,
  enumObject,
  indexObject,
  tableObject,
} from "./fixtures.test-data.ts";
import { HOSTILE } from "./samples.test-data.ts";

const text = fc.oneof(
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z][a-z_]{0,7}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }).filter((name) => !name.includes("\0")),
  },
);
const comment = fc.option(text, { freq: 3 });

const TYPES = [
  "bigint",
  "integer",
  "smallint",
  "text",
  "character varying(40)",
  "character(2)",
  '"char"',
  "numeric",
  "numeric(12,2)",
  "numeric(2,-3)",
  "boolean",
  "uuid",
  "jsonb",
  "json",
  "bytea",
  "date",
  "timestamp with time zone",
  "timestamp(3) without time zone",
  "time without time zone",
  "interval",
  "inet",
  "cidr",
  "int4range",
  "tsvector",
  "money",
  "oid",
  "xml",
  "citext",
  "bit(3)",
  "real",
  "text[]",
  "integer[]",
  "numeric(5,1)[]",
  "public.citext",
  "public.geometry(Point,4326)",
  'public."Odd ""type"""',
] as const;

const DEFAULTS = [
  "now()",
  "CURRENT_DATE",
  "0",
  "'-1'::integer",
  "(-1)",
  "1.50",
  "true",
  "'a''b'::text",
  "E'a\\nb'::text",
  "'{}'::text[]",
  "'{}'::jsonb",
  "'not json'::text",
  "gen_random_uuid()",
  "nextval('a_seq'::regclass)",
  "NULL::text",
  '`${x}` || "y"',
  "ARRAY[]::integer[]",
] as const;

const ACTIONS: readonly ReferentialAction[] = ["no action", "restrict", "cascade", "set null", "set default"];

interface Drawn {
  readonly name: string;
  readonly schema: string;
  readonly comment: string | null;
  readonly columns: readonly (readonly [
    name: string,
    type: number,
    notNull: boolean,
    preset: number,
    comment: string | null,
  ])[];
  /** Which columns form the primary key, unique constraints and indexes, as bit masks. */
  readonly key: number;
  readonly uniques: readonly number[];
  readonly indexes: readonly (readonly [mask: number, method: string, unique: boolean, odd: number])[];
  readonly check: string | null;
  readonly foreignKeys: readonly (readonly [parent: number, key: number, from: number, action: number, name: string])[];
}

const drawnTable: fc.Arbitrary<Drawn> = fc.record({
  name: text,
  schema: fc.constantFrom("public", "public", "app", 'we"ird'),
  comment,
  columns: fc.uniqueArray(fc.tuple(text, fc.nat(), fc.boolean(), fc.nat(), comment), {
    minLength: 1,
    maxLength: 6,
    selector: ([name]) => name,
  }),
  key: fc.nat(63),
  uniques: fc.array(fc.nat(63), { maxLength: 2 }),
  indexes: fc.array(
    fc.tuple(
      fc.nat(63),
      fc.constantFrom("btree", "btree", "hash", "gin", "gist", "spgist", "brin", "hnsw"),
      fc.boolean(),
      fc.nat(7),
    ),
    { maxLength: 3 },
  ),
  check: fc.option(text),
  foreignKeys: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat(), text), { maxLength: 3 }),
});

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;

function masked(columns: readonly ColumnObject[], mask: number): readonly string[] {
  return columns.filter((_, index) => ((mask >> index) & 1) === 1).map((column) => column.name);
}

interface Built {
  readonly drawn: Drawn;
  readonly objects: CatalogObject[];
  readonly columns: readonly ColumnObject[];
  readonly keys: readonly (readonly string[])[];
}

function build(drawn: Drawn, types: readonly string[], counter: () => number): Built {
  const table = tableObject(drawn.name, { schema: drawn.schema, comment: drawn.comment });
  const columns = drawn.columns.map(([name, type, notNull, preset, remark], index) =>
    columnObject(table, index + 1, name, pick(types, type), {
      notNull,
      comment: remark,
      default: preset % 3 === 0 ? pick(DEFAULTS, preset) : null,
      identity: preset % 11 === 1 ? { generation: "always", sequence: COUNTER } : null,
      generated: preset % 13 === 1 ? { expression: pick(HOSTILE, preset), stored: true } : null,
    }),
  );
  const objects: CatalogObject[] = [table, ...columns];
  const keys: (readonly string[])[] = [];
  for (const [kind, mask] of [
    ["primary key", drawn.key] as const,
    ...drawn.uniques.map((of) => ["unique", of] as const),
  ]) {
    const names = masked(columns, mask);
    if (names.length === 0) continue;
    keys.push(names);
    objects.push(constraintObject(table, `k${counter()} ${drawn.name}`, kind, names));
  }
  for (const [mask, method, unique, odd] of drawn.indexes) {
    const names = masked(columns, mask);
    if (names.length === 0) continue;
    objects.push(
      indexObject(
        table,
        `i${counter()} ${drawn.name}`,
        names.map((column) => ({
          column: odd === 6 ? null : column,
          expression: odd === 6 ? drawn.name : null,
          order: odd === 1 ? ("desc" as const) : ("asc" as const),
          opclass: odd === 2 ? 'odd"ops' : null,
        })),
        {
          method,
          unique: unique && method === "btree",
          predicate: odd === 3 ? drawn.name : null,
          include: odd === 4 ? names : [],
        },
      ),
    );
  }
  if (drawn.check !== null) {
    objects.push(constraintObject(table, `c${counter()}`, "check", [], { expression: drawn.check }));
  }
  return { drawn, objects, columns, keys };
}

function link(built: readonly Built[]): CatalogObject[] {
  return built.flatMap((child) =>
    child.drawn.foreignKeys.flatMap(([parentAt, keyAt, from, action, name], index) => {
      const parent = pick(built, parentAt);
      const key = parent.keys.length === 0 ? [] : pick(parent.keys, keyAt);
      if (key.length === 0 || key.length > child.columns.length) return [];
      const columns = key.map((_, at) => pick(child.columns, from + at).name);
      return [
        constraintObject(
          tableObject(child.drawn.name, { schema: child.drawn.schema }),
          `f${index} ${name}`,
          "foreign key",
          columns,
          {
            references: {
              schema: parent.drawn.schema,
              table: parent.drawn.name,
              columns: key,
              onDelete: pick(ACTIONS, action),
              onUpdate: pick(ACTIONS, action >> 3),
            },
          },
        ),
      ];
    }),
  );
}

/** Up to five tables in up to three schemas, with enums, keys, indexes and foreign keys among them. */
export const arbitraryCatalog: fc.Arbitrary<Catalog> = fc
  .record({
    tables: fc.uniqueArray(drawnTable, {
      minLength: 1,
      maxLength: 5,
      selector: (of) => JSON.stringify([of.schema, of.name]),
    }),
    enums: fc.uniqueArray(fc.tuple(text, fc.uniqueArray(text, { maxLength: 4 })), {
      maxLength: 2,
      selector: ([name]) => name,
    }),
  })
  .map(({ tables, enums }) => {
    let count = 0;
    const types = [...TYPES, ...enums.map(([name]) => `public."${name.replaceAll('"', '""')}"`)];
    const built = tables.map((drawn) => build(drawn, types, () => ++count));
    return catalogFrom([
      ...enums.map(([name, values]) => enumObject(name, values)),
      ...built.map((of) => of.objects),
      link(built),
    ]);
  });
