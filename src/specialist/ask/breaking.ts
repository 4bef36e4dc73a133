import type {
  CatalogObject,
  ColumnObject,
  ConstraintObject,
  DomainObject,
  FunctionObject,
  GrantObject,
  IndexObject,
  PolicyObject,
  RoleObject,
  TableObject,
  ViewObject,
} from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";

/** Something that programs which read or write today may no longer do after a change. */
export interface BreakingChange {
  /** The object as it is called today. */
  readonly object: RefKey;
  readonly breaks: "readers" | "writers" | "readers and writers";
  /** What happens to them, in one sentence. */
  readonly what: string;
}

type Break = Omit<BreakingChange, "object">;

const readers = (what: string): Break => ({ breaks: "readers", what });
const writers = (what: string): Break => ({ breaks: "writers", what });
const both = (what: string): Break => ({ breaks: "readers and writers", what });
// A kind that nobody has thought about yet: said, not taken for harmless.
const UNKNOWN: readonly Break[] = [both("what depends on this kind of object was not judged")];

/**
 * What changes would break for programs that use the schema as it is. Judged from the changes alone: a program that
 * does what is named breaks; whether one does is not known. Locks while a change runs are no matter of this list.
 */
export function breakingChanges(changes: readonly Change[]): readonly BreakingChange[] {
  const found = changes.flatMap((change) => {
    const object = refKey(change.type === "create" || change.type === "drop" ? change.object : change.before);
    return breaksOf(change).map((one) => ({ object, ...one }));
  });
  const seen = new Set<string>();
  return found.filter((one) => {
    const key = JSON.stringify(one);
    return !seen.has(key) && seen.add(key);
  });
}

function breaksOf(change: Change): readonly Break[] {
  switch (change.type) {
    case "create":
      return createBreaks(change.object);
    case "drop":
      return dropBreaks(change.object);
    case "rename":
      return renameBreaks(change.before, change.to.name);
    case "alter":
      return alterBreaks(change.before, change.after);
  }
}

function createBreaks(object: CatalogObject): readonly Break[] {
  switch (object.kind) {
    case "column":
      return object.notNull && object.default === null && object.identity === null && object.generated === null
        ? [writers("an INSERT that does not give this column a value fails")]
        : [];
    case "constraint":
      return object.type === "primary key"
        ? [writers("a row that repeats the key, or leaves a part of it null, is refused")]
        : [writers(`a row that violates the new ${object.type} constraint is refused`)];
    case "index":
      return object.unique && object.constraint === null ? [writers("a row that repeats the key is refused")] : [];
    case "policy":
      return object.permissive ? [] : [both("rows that the restrictive policy does not let through are out of reach")];
    case "trigger":
      return [writers("writes also do what the new trigger does, or are refused by it")];
    case "role":
    case "schema":
    case "extension":
    case "enum":
    case "domain":
    case "composite":
    case "range":
    case "sequence":
    case "function":
    case "aggregate":
    case "table":
    case "view":
    case "grant":
      return [];
    default:
      return UNKNOWN;
  }
}

function dropBreaks(object: CatalogObject): readonly Break[] {
  switch (object.kind) {
    case "constraint":
      return isArbiter(object.type) ? [writers("INSERT … ON CONFLICT that relies on it fails")] : [];
    case "index":
      return object.unique ? [writers("INSERT … ON CONFLICT that relies on it fails")] : [];
    case "policy":
      return object.permissive ? [both("rows that only this policy lets through are out of reach")] : [];
    case "trigger":
      return [writers("what the trigger did on writes no longer happens")];
    case "grant":
      return [both(`${object.grantee} loses ${object.privileges.join(", ")}`)];
    case "sequence":
      return [writers("statements that take numbers from it fail")];
    case "view":
    case "function":
    case "aggregate":
      return [both("statements that use it fail")];
    case "table":
    case "column":
      return [both("statements that name it fail, and its data is gone")];
    case "role":
    case "schema":
    case "extension":
    case "enum":
    case "domain":
    case "composite":
    case "range":
      return [both("what uses it fails, or goes with it")];
    default:
      return UNKNOWN;
  }
}

// Only these can decide an ON CONFLICT.
const isArbiter = (type: ConstraintObject["type"]): boolean => ["primary key", "unique", "exclusion"].includes(type);

// Names that statements do not spell out can change freely.
const UNSPOKEN = new Set(["index", "policy", "trigger", "grant"]);

function renameBreaks(before: CatalogObject, name: string): readonly Break[] {
  if (UNSPOKEN.has(before.kind)) return [];
  if (before.kind === "constraint") {
    return isArbiter(before.type) ? [writers(`ON CONFLICT ON CONSTRAINT must say ${JSON.stringify(name)}`)] : [];
  }
  return [both(`statements that name it fail; it is then called ${JSON.stringify(name)}`)];
}

function alterBreaks(before: CatalogObject, after: CatalogObject): readonly Break[] {
  switch (before.kind) {
    case "column":
      return columnBreaks(before, after as ColumnObject);
    case "constraint":
      return constraintBreaks(before, after as ConstraintObject);
    case "domain":
      return domainBreaks(before, after as DomainObject);
    case "enum": {
      const left = new Set((after as typeof before).values);
      const gone = before.values.filter((value) => !left.has(value)).length;
      return gone === 0 ? [] : [both(`${gone} of its values are no longer accepted or found`)];
    }
    case "function":
      return functionBreaks(before, after as FunctionObject);
    case "grant":
      return grantBreaks(before, after as GrantObject);
    case "index":
      return indexBreaks(before, after as IndexObject);
    case "policy":
      return policyBreaks(before, after as PolicyObject);
    case "role":
      return roleBreaks(before, after as RoleObject);
    case "table":
      return tableBreaks(before, after as TableObject);
    case "trigger":
      return same(before, after, "definition", "enabled") ? [] : [writers("the trigger acts otherwise on writes")];
    case "view":
      return viewBreaks(before, after as ViewObject);
    case "aggregate":
      return same(before, after, "definition") ? [] : [readers("the aggregate may give other results")];
    case "composite":
      return same(before, after, "attributes") ? [] : [both("values of the type have other attributes")];
    case "range":
      return same(before, after, "subtype") ? [] : [both("values of the type are of another subtype")];
    case "sequence":
    case "schema":
    case "extension":
      return [];
    default:
      return UNKNOWN;
  }
}

// Whether the named properties are equal on both sides, compared as JSON.
function same(before: CatalogObject, after: CatalogObject, ...properties: readonly string[]): boolean {
  const of = (object: CatalogObject): string =>
    JSON.stringify(properties.map((name) => (object as unknown as Readonly<Record<string, unknown>>)[name] ?? null));
  return of(before) === of(after);
}

function columnBreaks(before: ColumnObject, after: ColumnObject): readonly Break[] {
  const breaks: Break[] = [];
  if (before.type !== after.type) {
    breaks.push(
      both(`values are ${after.type} instead of ${before.type}; drivers and comparisons may treat them otherwise`),
    );
  }
  if (!before.notNull && after.notNull) breaks.push(writers("a write that leaves the column null fails"));
  if (before.notNull && !after.notNull) breaks.push(readers("nulls may appear where there were none"));
  const filled = (column: ColumnObject): boolean => column.default !== null || column.identity !== null;
  if (filled(before) && !filled(after)) {
    breaks.push(writers(`an INSERT that leaves the column out ${after.notNull ? "fails" : "stores null"}`));
  }
  if (after.identity?.generation === "always" && before.identity?.generation !== "always") {
    breaks.push(writers("an INSERT that gives the column a value fails without OVERRIDING SYSTEM VALUE"));
  }
  if (after.generated !== null && before.generated === null)
    breaks.push(writers("a write that gives it a value fails"));
  if (before.collation !== after.collation) breaks.push(readers("texts compare and sort by another collation"));
  return breaks;
}

function constraintBreaks(before: ConstraintObject, after: ConstraintObject): readonly Break[] {
  const breaks: Break[] = [];
  const [was, is] = [before.references, after.references];
  if (was?.onDelete !== is?.onDelete) {
    breaks.push(
      writers(`deleting a referenced row: ${is?.onDelete ?? "no rule"} instead of ${was?.onDelete ?? "no rule"}`),
    );
  }
  if (was?.onUpdate !== is?.onUpdate) {
    breaks.push(
      writers(`changing a referenced key: ${is?.onUpdate ?? "no rule"} instead of ${was?.onUpdate ?? "no rule"}`),
    );
  }
  const target = (of: typeof was): string => JSON.stringify([of?.schema, of?.table, of?.columns]);
  if (!same(before, after, "type", "columns", "expression") || target(was) !== target(is)) {
    breaks.push(writers("rows that were accepted may be refused"));
  }
  if (before.deferrable && !after.deferrable) breaks.push(writers("it can no longer be deferred to the commit"));
  return breaks;
}

function domainBreaks(before: DomainObject, after: DomainObject): readonly Break[] {
  const breaks: Break[] = [];
  if (before.type !== after.type) breaks.push(both(`values are ${after.type} instead of ${before.type}`));
  if (!before.notNull && after.notNull) breaks.push(writers("a write of null fails"));
  const known = new Set(before.checks.map(({ definition }) => definition));
  if (after.checks.some(({ definition }) => !known.has(definition))) {
    breaks.push(writers("values that violate the new check are refused"));
  }
  return breaks;
}

function functionBreaks(before: FunctionObject, after: FunctionObject): readonly Break[] {
  if (before.returns !== after.returns) return [both("it returns another type")];
  if (before.securityDefiner !== after.securityDefiner) return [both("it runs with the rights of another role")];
  return before.definition === after.definition
    ? []
    : [both("its body or settings differ: callers may see other results")];
}

function grantBreaks(before: GrantObject, after: GrantObject): readonly Break[] {
  const lost = before.privileges.filter((privilege) => !after.privileges.includes(privilege));
  return lost.length === 0 ? [] : [both(`${before.grantee} loses ${lost.join(", ")}`)];
}

function indexBreaks(before: IndexObject, after: IndexObject): readonly Break[] {
  if (!before.unique && after.unique) return [writers("a row that repeats the key is refused")];
  const arbiter = ["unique", "keys", "predicate", "nullsNotDistinct"];
  return before.unique && !same(before, after, ...arbiter)
    ? [writers("INSERT … ON CONFLICT that relies on it fails")]
    : [];
}

function policyBreaks(before: PolicyObject, after: PolicyObject): readonly Break[] {
  const properties = ["command", "permissive", "roles", "using", "check"];
  return same(before, after, ...properties) ? [] : [both("other rows are within reach")];
}

function roleBreaks(before: RoleObject, after: RoleObject): readonly Break[] {
  const breaks: Break[] = [];
  if (before.login && !after.login) breaks.push(both("the role can no longer connect"));
  if ((before.superuser && !after.superuser) || (before.bypassRls && !after.bypassRls)) {
    breaks.push(both("what the role reached without a privilege or policy of its own is out of reach"));
  }
  return breaks;
}

function tableBreaks(before: TableObject, after: TableObject): readonly Break[] {
  if (!before.rowSecurity.enabled && after.rowSecurity.enabled) {
    return [both("rows are out of reach for roles that no policy lets through (the owner excepted, unless forced)")];
  }
  const forced = !before.rowSecurity.forced && after.rowSecurity.forced;
  return forced ? [both("the owner, too, reaches only the rows that a policy lets through")] : [];
}

function viewBreaks(before: ViewObject, after: ViewObject): readonly Break[] {
  const left = new Map(after.columns.map(({ name, type }) => [name, type]));
  const gone = before.columns.filter(({ name, type }) => left.get(name) !== type);
  if (gone.length > 0)
    return [readers(`columns are gone or of another type: ${gone.map(({ name }) => name).join(", ")}`)];
  return same(before, after, "definition", "options") ? [] : [readers("it may give other rows")];
}
