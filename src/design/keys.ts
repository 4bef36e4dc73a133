import type { BriefEntity } from "../model/brief.ts";
import type { SequenceOptions } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { decide, fieldOf, partKeyOf, problemAt, tableOf } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import type { DraftVolume } from "./entity-volumes.ts";
import { bytesText, rowsText, withArticle, withCapitalArticle } from "./figures.ts";
import { fieldColumns, fieldStorage } from "./fields.ts";
import { perTenant } from "./tenants.ts";

/** One column of a primary key, without the tenant's. */
export interface KeyPart {
  readonly column: string;
  readonly type: string;
  readonly needs: readonly RefKey[];
  readonly width_bytes: number;
}

/** How rows of an entity are told apart. */
export interface KeyPlan {
  readonly strategy: "uuid" | "identity" | "natural" | "inherited";
  readonly parts: readonly KeyPart[];
}

/** From how many rows at the horizon on an append-only table gets the smaller key although it is referenced. */
export const BIG_FACT_ROWS = 1_000_000;

/** The counters of an identity column of type bigint. */
export const BIGINT_SEQUENCE: SequenceOptions = {
  type: "bigint",
  start: "1",
  increment: "1",
  min: "1",
  max: "9223372036854775807",
  cache: "1",
  cycle: false,
};

const UUID_PART: KeyPart = { column: "id", type: "uuid", needs: [], width_bytes: 16 };
const BIGINT_PART: KeyPart = { column: "id", type: "bigint", needs: [], width_bytes: 8 };

/** The entities that refer to this one. */
export function referrers(draft: Draft, entity: BriefEntity): readonly string[] {
  const names: string[] = [];
  for (const other of draft.entities.values()) {
    const refers =
      other.isA === entity.name ||
      other.belongsTo.some((relation) => relation.targets.includes(entity.name)) ||
      other.manyToMany.some((pair) => pair.target === entity.name) ||
      (other === entity && other.manyToMany.length > 0);
    if (refers) names.push(other.name);
  }
  return names;
}

/** Decides the key of an entity. `path` are the entities whose keys are being decided, against endless loops. */
export function keyPlan(draft: Draft, entity: BriefEntity, path: readonly string[] = []): KeyPlan {
  if (path.includes(entity.name)) {
    throw problemAt(draft.brief, entity.at, `the keys of ${[...path, entity.name].join(", ")} rest on each other`, {
      expected: "a key that does not lead back to itself",
      mend: "leave out `key:` or `is_a:` of one of them",
    });
  }
  const parent = entity.isA === null ? undefined : draft.entities.get(entity.isA);
  if (parent !== undefined)
    return { strategy: "inherited", parts: keyPlan(draft, parent, [...path, entity.name]).parts };
  if (usesNaturalKey(draft, entity)) {
    const parts = (entity.key ?? []).flatMap((name) => naturalPart(draft, entity, name, path));
    return { strategy: "natural", parts };
  }
  const own = fieldOf(entity, "id");
  if (own !== undefined) return { strategy: "natural", parts: naturalPart(draft, entity, "id", path) };
  const volume = volumeOf(draft, entity);
  const fact = entity.appendOnly && (volume.horizon_rows >= BIG_FACT_ROWS || referrers(draft, entity).length === 0);
  const tenant = draft.brief.tenancy?.tenant === entity.name;
  return fact && !tenant ? { strategy: "identity", parts: [BIGINT_PART] } : { strategy: "uuid", parts: [UUID_PART] };
}

/** A key of several columns serves as primary key only where nothing has to repeat them in a reference. */
export function usesNaturalKey(draft: Draft, entity: BriefEntity): boolean {
  if (entity.key === null || entity.key.length === 0 || entity.isA !== null) return false;
  const tenant = draft.brief.tenancy?.tenant === entity.name;
  const several = entity.key.length > 1 || fieldOf(entity, entity.key[0] ?? "")?.type === "point";
  return !several || (!tenant && referrers(draft, entity).length === 0);
}

function naturalPart(draft: Draft, entity: BriefEntity, name: string, path: readonly string[]): readonly KeyPart[] {
  const field = fieldOf(entity, name);
  if (field !== undefined) {
    if (field.optional) {
      throw problemAt(draft.brief, field.at, `${name} is part of the key of ${entity.name} and optional`, {
        expected: "a key of required fields",
      });
    }
    if (field.type === "list" || field.type === "json" || field.type === "point") {
      throw problemAt(draft.brief, field.at, `${name} is a ${field.type} and part of the key of ${entity.name}`, {
        expected: "a key of single values",
      });
    }
    const { type, needs, width_bytes } = fieldStorage(draft, entity, field);
    return fieldColumns(draft, field).map((column) => ({ column, type, needs, width_bytes }));
  }
  const relation = entity.belongsTo.find((candidate) => candidate.name === name);
  const target = relation?.targets.length === 1 ? draft.entities.get(relation.targets[0] ?? "") : undefined;
  if (relation === undefined || target === undefined || relation.optional) {
    throw problemAt(
      draft.brief,
      entity.at,
      `the key of ${entity.name} names ${name}, which is no required field or reference`,
      {
        expected: "required fields and references of the entity",
      },
    );
  }
  const parts = keyPlan(draft, target, [...path, entity.name]).parts;
  return parts.map((part) => ({ ...part, column: referenceColumn(relation.name, part, parts.length) }));
}

/** The column that holds one part of a reference: `project_id`. */
export function referenceColumn(relation: string, part: Pick<KeyPart, "column">, parts: number): string {
  return parts === 1 ? `${relation}_id` : `${relation}_${part.column}`;
}

/** The volume of an entity. */
export function volumeOf(draft: Draft, entity: BriefEntity): DraftVolume {
  const volume = draft.volumes.get(entity.name);
  if (volume === undefined) throw new Error(`no volume was computed for ${entity.name}`);
  return volume;
}

/** The default of a generated key: the server's own function from 18 on, else one of the design. */
export function uuidDefault(draft: Draft): { readonly sql: string; readonly needs: readonly RefKey[] } {
  if (draft.brief.engine.major >= 18) return { sql: "uuidv7()", needs: [] };
  const key = refKey(ref("function", "uuidv7", { schema: draft.schema }));
  if (!draft.objects.some((object) => refKey(object) === key)) {
    const name = draft.dialect.qualified(draft.schema, "uuidv7");
    draft.objects.push({
      ...ref("function", "uuidv7", { schema: draft.schema }),
      kind: "function",
      comment: "A UUID of version 7 (RFC 9562): milliseconds since 1970 in the first 48 bits, then chance.",
      dependsOn: [refKey(ref("schema", draft.schema))],
      routine: "function",
      language: "sql",
      returns: "uuid",
      securityDefiner: false,
      // gen_random_uuid() has the variant bits in place already; only time and version are put before them.
      definition: `CREATE OR REPLACE FUNCTION ${name}()
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
  SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
    || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$function$`,
    });
  }
  return { sql: `${name(draft)}()`, needs: [key] };
}

const name = (draft: Draft): string => draft.dialect.qualified(draft.schema, "uuidv7");

/** Explains the key of each entity. */
export function decideKeys(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    const plan = keyPlan(draft, entity);
    const { choice, because, alternatives } = explanation(draft, entity, plan);
    decide(draft, {
      id: `primary-key/${entity.name}`,
      topic: "primary-key",
      subject: entity.name,
      choice,
      because,
      alternatives,
      objects: [partKeyOf(table, "constraint", table.primaryKeyName)],
      evidence: entity.key === null ? [`entities.${entity.name}.volume`] : [`entities.${entity.name}.key`],
    });
  }
}

interface Explanation {
  readonly choice: string;
  readonly because: string;
  readonly alternatives: readonly { readonly option: string; readonly whyNot: string }[];
}

function explanation(draft: Draft, entity: BriefEntity, plan: KeyPlan): Explanation {
  const volume = volumeOf(draft, entity);
  const horizon = `${rowsText(volume.horizon_rows)} rows in ${draft.brief.horizon_months} months`;
  // Eight bytes in the row, and eight in the index at 90 % fill.
  const saved_bytes = volume.horizon_rows * (8 + 8 / 0.9);
  const lead =
    perTenant(draft, entity) && draft.brief.tenancy?.model === "shared-schema"
      ? `${draft.brief.tenancy.tenant}_id first, then `
      : "";
  if (plan.strategy === "inherited") {
    return {
      choice: `the key of ${entity.isA ?? ""}`,
      because: `${withCapitalArticle(entity.name)} is ${withArticle(entity.isA ?? "")}: one row there and one here under one key, so the join needs no further column and there can be no second ${entity.name} to one ${entity.isA ?? ""}.`,
      alternatives: [
        { option: "a key of its own", whyNot: "a second index, and a unique constraint to keep it one-to-one" },
      ],
    };
  }
  if (plan.strategy === "natural") {
    const columns = plan.parts.map((part) => part.column).join(", ");
    return {
      choice: `natural: ${lead}${columns}`,
      because: `The brief states the key. It is what references show, so readers of ${horizon} need no join to see it.`,
      alternatives: [
        {
          option: "a generated id",
          whyNot: "a second unique index over the same rows, and a join to read what the reference means",
        },
      ],
    };
  }
  if (plan.strategy === "identity") {
    return {
      choice: `${lead}bigint, generated always as identity`,
      because: `Append-only: ${horizon}. Eight bytes instead of sixteen save ${bytesText(saved_bytes)} in table and index; the order of the numbers is the order of arrival, so new entries land on the index's last page.`,
      alternatives: [
        {
          option: "uuidv7",
          whyNot: `${bytesText(saved_bytes)} more for ids that nobody types, guesses or makes outside the database`,
        },
        { option: "uuidv4", whyNot: "each insert dirties another page of the index" },
      ],
    };
  }
  const refers = referrers(draft, entity);
  const referenced =
    refers.length === 0
      ? ""
      : ` ${refers.length === 1 ? "One entity refers" : `${refers.length} entities refer`} to it.`;
  const stated =
    entity.key !== null && entity.key.length > 0
      ? ` The stated key (${entity.key.join(", ")}) is a unique constraint: as primary key, each reference would repeat its columns.`
      : "";
  const made =
    draft.brief.engine.major >= 18
      ? "the server's uuidv7()"
      : `a function of the design (PostgreSQL ${draft.brief.engine.major} has no uuidv7(); RFC 9562)`;
  return {
    choice: `${lead}uuid version 7, made by ${made}`,
    because: `${horizon}; a bigint would take ${bytesText(saved_bytes)} less.${referenced} Its id appears in URLs and can be made by any writer without asking the database${lead === "" ? "" : ", and a tenant's rows can move to another server without renumbering"}. Version 7 begins with the time, so new rows go to the right edge of the index.${stated}`,
    alternatives: [
      {
        option: "bigint identity",
        whyNot: "smaller, and tells every visitor how many there are and what the next one is called",
      },
      { option: "uuidv4", whyNot: "random: each insert dirties another page of the index" },
    ],
  };
}
