import type { BriefEntity, BriefField, Classification, FieldType } from "../model/brief.ts";
import { addCheck, addColumn, decide, partKeyOf, problemAt } from "./draft.ts";
import type { Draft, DraftColumn, DraftTable, FieldStorage } from "./draft-model.ts";
import { domainType, enumName, enumType } from "./domains.ts";
import { enumStorage } from "./enums.ts";
import { listText } from "./figures.ts";
import { shorten } from "./names.ts";
import { isNumber, physicalType, rangeChecks } from "./types.ts";

/** What a field is stored as; decided once per field. Points have two columns and no single storage. */
export function fieldStorage(draft: Draft, entity: BriefEntity, field: BriefField): FieldStorage {
  const key = `${entity.name}.${field.name}`;
  const known = draft.fieldTypes.get(key);
  if (known !== undefined) return known;
  const storage = storageOf(draft, entity, field);
  draft.fieldTypes.set(key, storage);
  return storage;
}

function storageOf(draft: Draft, entity: BriefEntity, field: BriefField): FieldStorage {
  checkRange(draft, field);
  if (field.type === "enum") {
    if (field.values.length === 0) {
      throw problemAt(draft.brief, field.at, `the enumeration ${field.name} has no values`, {
        expected: "enum(first, second)",
      });
    }
    return enumStorage(draft, entity, field);
  }
  if (field.type === "list") return listStorage(draft, entity, field);
  const physical = physicalType(field);
  if (physical.domain !== null) {
    const domain = domainType(draft, physical.domain);
    const { width_bytes, checks } = physical;
    return { type: domain.sql, needs: [domain.key], width_bytes, checks, lookup: null };
  }
  const { width_bytes, checks } = physical;
  return { type: physical.sql ?? "text", needs: [], width_bytes, checks, lookup: null };
}

function checkRange(draft: Draft, field: BriefField): void {
  for (const range of [field.range, field.element?.range ?? null]) {
    for (const bound of [range?.min, range?.max]) {
      if (bound === undefined || bound === null || isNumber(bound)) continue;
      throw problemAt(draft.brief, field.at, `the bound of ${field.name} is no number`, {
        expected: "a range such as 1..4",
      });
    }
  }
}

const LIST_LENGTH = 4;

function listStorage(draft: Draft, entity: BriefEntity, field: BriefField): FieldStorage {
  const element = field.element ?? { type: "text" as const, length: null, range: null, precision: null, values: [] };
  if (element.type === "list" || element.type === "point" || (element.type === "enum" && element.values.length === 0)) {
    throw problemAt(draft.brief, field.at, `${field.name} is a list of ${element.type}`, {
      expected: "a list of single values, e.g. list(text(40))",
      mend: "make it an entity of its own",
    });
  }
  if (element.type === "enum") {
    const type = enumType(draft, enumName(entity, field), element.values, field.about);
    return { type: `${type.sql}[]`, needs: [type.key], width_bytes: 24 + 4 * LIST_LENGTH, checks: [], lookup: null };
  }
  const physical = physicalType(element);
  // A domain's array would reach drivers as an unknown type: the base type's array is used.
  const type = physical.sql ?? "text";
  const ranges = rangeChecks(element.range).flatMap((check) => {
    const both = /^\$ BETWEEN (.+) AND (.+)$/.exec(check);
    if (both !== null) return [`${both[1] ?? ""} <= ALL ($)`, `${both[2] ?? ""} >= ALL ($)`];
    const [, operator = "", bound = ""] = /^\$ (.=) (.+)$/.exec(check) ?? [];
    return [`${bound} ${operator === "<=" ? ">=" : "<="} ALL ($)`];
  });
  return {
    type: `${type}[]`,
    needs: [],
    width_bytes: 24 + physical.width_bytes * LIST_LENGTH,
    checks: ranges,
    lookup: null,
  };
}

/** The names of the columns a field is stored in: two for a point, else one. */
export function fieldColumns(draft: Draft, field: BriefField): readonly string[] {
  const { identifierBytesMax } = draft.dialect;
  if (field.type !== "point") return [shorten(field.name, identifierBytesMax)];
  return [
    shorten(`${field.name}_latitude`, identifierBytesMax),
    shorten(`${field.name}_longitude`, identifierBytesMax),
  ];
}

// What identifies or reaches a person is personal, what opens a door is secret, unless the brief says otherwise.
const INFERRED: Partial<Record<FieldType, Classification>> = {
  email: "personal",
  phone: "personal",
  ip: "personal",
  hash: "secret",
};

/** How careful one must be with a field. */
export function classificationOf(entity: BriefEntity, field: BriefField): Classification {
  return field.classification ?? entity.classification ?? INFERRED[field.type] ?? "internal";
}

/** Adds the column (or columns) of a field with its checks. */
export function addField(draft: Draft, table: DraftTable, entity: BriefEntity, field: BriefField): void {
  if (field.type === "point") return addPoint(draft, table, entity, field);
  const storage = fieldStorage(draft, entity, field);
  const [name = field.name] = fieldColumns(draft, field);
  const classification = classificationOf(entity, field);
  addColumn(
    draft,
    table,
    {
      name,
      type: storage.type,
      notNull: !field.optional,
      default: defaultOf(draft, field, storage.type),
      comment: commentOf(field, classification),
      meaning: field.type,
      origin: `${entity.name}.${field.name}`,
      classification,
      width_bytes: storage.width_bytes,
      needs: [...storage.needs],
    },
    field.at,
  );
  const quoted = draft.dialect.ident(name);
  for (const check of storage.checks)
    addCheck(
      table,
      check.replaceAll("$", () => quoted),
      [name],
    );
  if (storage.lookup !== null) {
    table.foreignKeys.push({
      name: table.constraintNames.claim(`${table.name}_${name}_fk`),
      columns: [name],
      target: storage.lookup,
      targetColumns: ["code"],
      onDelete: "restrict",
      setNull: [],
      relation: null,
    });
  }
}

function addPoint(draft: Draft, table: DraftTable, entity: BriefEntity, field: BriefField): void {
  const names = fieldColumns(draft, field);
  const classification = classificationOf(entity, field);
  for (const [at, name] of names.entries()) {
    addColumn(
      draft,
      table,
      {
        name,
        type: "numeric(9,6)",
        notNull: !field.optional,
        comment: commentOf(field, classification, at === 0 ? "degrees north" : "degrees east"),
        meaning: "point",
        origin: `${entity.name}.${field.name}`,
        classification,
        width_bytes: 8,
      },
      field.at,
    );
    const degrees = at === 0 ? 90 : 180;
    addCheck(table, `${draft.dialect.ident(name)} BETWEEN -${degrees} AND ${degrees}`, [name]);
  }
  if (field.optional) {
    addCheck(
      table,
      `num_nonnulls(${names.map((name) => draft.dialect.ident(name)).join(", ")}) <> 1`,
      names,
      field.name,
    );
  }
}

function commentOf(field: BriefField, classification: Classification, unit: string | null = null): string | null {
  const parts = [field.about, unit].filter((part): part is string => part !== null && part !== "");
  if (classification === "secret") {
    parts.push(
      field.type === "hash"
        ? "a hash with its salt (argon2id, scrypt or bcrypt), never the secret itself"
        : "its SHA-256 or a ciphertext, never the secret itself",
    );
  }
  if (classification !== "internal" && classification !== "public") parts.push(`classification: ${classification}`);
  return parts.length === 0 ? null : parts.join("; ");
}

const NOW: Partial<Record<FieldType, string>> = { instant: "now()", date: "CURRENT_DATE", time: "LOCALTIME" };
const NUMERIC = new Set<FieldType>(["integer", "bigint", "decimal", "money", "percent", "float"]);

function defaultOf(draft: Draft, field: BriefField, type: string): string | null {
  const value = field.default;
  if (value === null) return null;
  const wrong = (expected: string): Error =>
    problemAt(draft.brief, field.at, `the default of ${field.name} is no ${field.type}`, { expected });
  if (value === "now") {
    const now = NOW[field.type];
    if (now !== undefined) return now;
  }
  if (NUMERIC.has(field.type)) {
    if (!isNumber(value)) throw wrong("a number");
    return value.trim();
  }
  if (field.type === "boolean") {
    if (!/^(?:true|false)$/.test(value)) throw wrong("true or false");
    return value;
  }
  if (field.type === "enum" && !field.values.includes(value)) throw wrong(`one of ${listText(field.values)}`);
  if (field.type === "uuid" && value === "random") return "gen_random_uuid()";
  if (field.type === "list") {
    if (/^\s*[[{]?\s*[\]}]?\s*$/.test(value)) return `'{}'::${type}`;
    throw wrong("an empty list: []");
  }
  return `${draft.dialect.literal(value)}::${type}`;
}

/** One decision for each field type that leaves a choice, naming the columns that use it. */
export function decideTypes(draft: Draft): void {
  const uses = new Map<FieldType, { readonly table: DraftTable; readonly column: DraftColumn }[]>();
  for (const table of draft.tables) {
    for (const column of table.columns) {
      if (column.origin === null) continue;
      const type = column.meaning as FieldType;
      uses.set(type, [...(uses.get(type) ?? []), { table, column }]);
    }
  }
  for (const [type, columns] of [...uses].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const reason = TYPE_REASONS[type];
    if (reason === undefined) continue;
    const origins = [...new Set(columns.map(({ column }) => column.origin ?? ""))];
    const types = [...new Set(columns.map(({ column }) => column.type))];
    decide(draft, {
      id: `type/${type}`,
      topic: "type",
      subject:
        origins.length > 4 ? `${origins.slice(0, 3).join(", ")} and ${origins.length - 3} more` : listText(origins),
      choice: listText(types),
      because: reason.because,
      alternatives: reason.alternatives,
      objects: columns.map(({ table, column }) => partKeyOf(table, "column", column.name)),
      evidence: origins.map((origin) => `entities.${origin.replace(".", ".fields.")}`),
    });
  }
}

interface TypeReason {
  readonly because: string;
  readonly alternatives: readonly { readonly option: string; readonly whyNot: string }[];
}

const TYPE_REASONS: Partial<Record<FieldType, TypeReason>> = {
  text: {
    because:
      "Text of any length with a CHECK where a limit is stated: stored as varchar(n) is, and a new limit is a new CHECK (validated without blocking writers).",
    alternatives: [
      {
        option: "varchar(n)",
        whyNot: "a shorter limit rewrites or scans under an exclusive lock; char(n) pads with blanks",
      },
    ],
  },
  integer: {
    because:
      "The smallest integer that holds the stated range, with the range as a CHECK; integer where no range is stated.",
    alternatives: [
      {
        option: "bigint everywhere",
        whyNot: "twice to four times the bytes in each row and index, for values the CHECK refuses",
      },
    ],
  },
  money: {
    because:
      "numeric adds up without rounding. Four decimal places, where the brief states none, hold every currency (most have two, some three) and leave room for unit prices and tax before rounding.",
    alternatives: [
      { option: "double precision", whyNot: "cannot hold 0.10: sums drift by cents" },
      { option: "type money", whyNot: "its decimals and symbol depend on the server's locale" },
      {
        option: "integer cents",
        whyNot: "wrong for currencies with none or three decimals; nothing in the column tells the scale",
      },
    ],
  },
  email: {
    because:
      "A domain that checks the shape and requires lower case, so that a plain unique constraint means one address, whatever its spelling.",
    alternatives: [
      {
        option: "citext",
        whyNot: "an extension in every environment, and its comparisons ignore indexes made for text",
      },
      {
        option: "unique index on lower(email)",
        whyNot:
          "lower() is not leakproof: under row security such an index finds no row by address; and each query must repeat the lower()",
      },
    ],
  },
  instant: {
    because: "timestamp with time zone holds a moment (in UTC, 8 bytes); each reader sees it in their own zone.",
    alternatives: [
      { option: "timestamp without time zone", whyNot: "the same 8 bytes, and nobody knows whose clock was meant" },
    ],
  },
  json: {
    because: "jsonb is parsed once, refuses what is no JSON, and its members can be indexed.",
    alternatives: [{ option: "json", whyNot: "parsed again at each access, and cannot be compared" }],
  },
  hash: {
    because:
      "A salted, slow hash in its usual one-text form; the secret itself is never stored, so a leaked backup opens no account.",
    alternatives: [{ option: "encryption", whyNot: "whoever holds the key reads every secret" }],
  },
  token: {
    because:
      "Opaque text with an upper limit. A token that grants access belongs here as its SHA-256, one that only names something at a provider as it is.",
    alternatives: [{ option: "uuid", whyNot: "providers choose their own form" }],
  },
  point: {
    because:
      "Latitude and longitude as numeric(9,6), each with its range checked: eleven centimetres, without an extension.",
    alternatives: [
      {
        option: "PostGIS geography",
        whyNot: "an extension to install and upgrade; worth it once distances are searched",
      },
    ],
  },
  list: {
    because: "An array: a few values that are read and written with their row and refer to nothing.",
    alternatives: [
      { option: "a table of its own", whyNot: "a join for values without attributes; right as soon as one has any" },
    ],
  },
  decimal: {
    because: "numeric is exact and keeps the stated scale.",
    alternatives: [{ option: "double precision", whyNot: "binary fractions: equality and sums surprise" }],
  },
  float: {
    because: "double precision: measured values, where 15 digits suffice and arithmetic is in hardware.",
    alternatives: [
      {
        option: "numeric",
        whyNot: "exact, but about ten times slower to add up, for values that carry an error anyway",
      },
    ],
  },
  country: {
    because: "A domain over text that takes two capital letters (ISO 3166-1).",
    alternatives: [{ option: "char(2)", whyNot: "pads and compares by its own rules; the same bytes" }],
  },
  currency: {
    because: "A domain over text that takes three capital letters (ISO 4217), next to the amounts it belongs to.",
    alternatives: [
      { option: "a table of currencies", whyNot: "worth it once names or decimals are kept; the brief states none" },
    ],
  },
};
