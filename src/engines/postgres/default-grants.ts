import type { CatalogObject, DefaultPrivilegesObject, GrantObject } from "../../model/catalog.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Kind } from "../../model/ref.ts";
import type { Statement } from "../../model/statement.ts";
import { grant } from "./kinds/grant.ts";
import type { PrintContext } from "./kinds/kind.ts";

interface Target {
  readonly defaults: DefaultPrivilegesObject["on"];
  readonly on: GrantObject["on"];
}

const TARGETS: Partial<Readonly<Record<Kind, Target>>> = {
  table: { defaults: "tables", on: "table" },
  view: { defaults: "tables", on: "table" },
  sequence: { defaults: "sequences", on: "sequence" },
  function: { defaults: "functions", on: "function" },
  aggregate: { defaults: "functions", on: "function" },
  enum: { defaults: "types", on: "type" },
  domain: { defaults: "types", on: "type" },
  composite: { defaults: "types", on: "type" },
  range: { defaults: "types", on: "type" },
  schema: { defaults: "schemas", on: "schema" },
};

/**
 * What takes back from an object just created what the database's default privileges gave with it, where the
 * catalog states no such grant: objects may be older than the defaults of their schema.
 */
export function withoutDefaults(object: CatalogObject, context: PrintContext): readonly Statement[] {
  const target = TARGETS[object.kind];
  if (target === undefined) return [];
  const { schema, name, signature } = object;
  const grantees = new Set(
    context.view
      .of("default-privileges")
      .filter(({ role, on }) => role === null && on === target.defaults)
      .filter((defaults) => defaults.schema === null || defaults.schema === schema)
      .map(({ grantee }) => grantee),
  );
  return [...grantees].flatMap((grantee) => {
    const routine = target.on === "function" ? signature : null;
    const words = routine === null ? target.on : `${target.on}(${routine})`;
    const given: GrantObject = {
      ...ref("grant", name, { schema, signature: `${words} to ${grantee}` }),
      kind: "grant",
      on: target.on,
      arguments: routine,
      grantee,
      privileges: [],
      comment: null,
      dependsOn: [refKey(object)],
    };
    // One that is stated says all of it, and follows.
    return context.view.get(refKey(given)) === undefined ? (grant.remove?.(given, context) ?? []) : [];
  });
}
