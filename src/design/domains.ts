import type { BriefEntity, BriefField } from "../model/brief.ts";
import type { DomainObject, EnumObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { claimName } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { shorten } from "./names.ts";
import { DOMAINS } from "./types.ts";
import type { DomainName } from "./types.ts";

/** A type of the design: how it is written in a column, and its key in the catalog. */
export interface OwnType {
  readonly sql: string;
  readonly key: RefKey;
}

const ownType = (draft: Draft, object: DomainObject | EnumObject): OwnType => ({
  sql: draft.dialect.qualified(object.schema, object.name),
  key: refKey(object),
});

/** The domain of that name, declared on first use in the main schema. */
export function domainType(draft: Draft, domain: DomainName): OwnType {
  const { name, checks, about } = DOMAINS[domain];
  const found = draft.objects.find((object) => object.kind === "domain" && object.comment === about);
  if (found !== undefined) return ownType(draft, found as DomainObject);
  const object: DomainObject = {
    ...ref("domain", claimName(draft, draft.schema, name), { schema: draft.schema }),
    kind: "domain",
    comment: about,
    dependsOn: [refKey(ref("schema", draft.schema))],
    type: "text",
    collation: null,
    default: null,
    notNull: false,
    checks: checks
      .map((check, at) => ({
        name: shorten(`${name}_${["ck", "shape_ck", "case_ck"][at] ?? `${at}_ck`}`, draft.dialect.identifierBytesMax),
        definition: `CHECK (${check})`,
        validated: true,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
  draft.objects.push(object);
  return ownType(draft, object);
}

/** Declares an enumerated type in the main schema. */
export function enumType(draft: Draft, wanted: string, values: readonly string[], comment: string | null): OwnType {
  const object: EnumObject = {
    ...ref("enum", claimName(draft, draft.schema, wanted), { schema: draft.schema }),
    kind: "enum",
    comment,
    dependsOn: [refKey(ref("schema", draft.schema))],
    values: [...new Set(values)],
  };
  draft.objects.push(object);
  return ownType(draft, object);
}

/** A name for the type of a field. */
export function enumName(entity: BriefEntity, field: Pick<BriefField, "name">): string {
  return `${entity.name}_${field.name}`;
}
