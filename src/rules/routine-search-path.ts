import type { FunctionObject } from "../model/catalog.ts";
import { alter } from "../model/change.ts";
import type { Fix } from "../model/finding.ts";
import type { Dialect } from "../model/statement.ts";
import { routineHeader } from "./routine-header.ts";

/** Languages whose bodies look names up on the search path each time they run. */
const LOOKED_UP_LATE: ReadonlySet<string> = new Set([
  "plpgsql",
  "sql",
  "plperl",
  "plperlu",
  "plpython3u",
  "pltcl",
  "pltclu",
  "plv8",
]);

/** Whether it is the caller's search path that decides what the names in the routine's body mean. */
export function followsCallersPath(routine: FunctionObject): boolean {
  if (!LOOKED_UP_LATE.has(routine.language)) return false;
  const header = routineHeader(routine.definition);
  return header !== null && !header.searchPath && !header.parsedBody;
}

/** Pins the path to the routine's own schema; temporary objects come last, so that they hide nothing. */
export function pinSearchPath(routine: FunctionObject, dialect: Dialect): readonly Fix[] {
  const header = routineHeader(routine.definition);
  if (header === null) return [];
  const path = [routine.schema ?? "public", "pg_temp"].map((name) => dialect.literal(name)).join(", ");
  const { definition } = routine;
  const pinned = `${definition.slice(0, header.bodyAt)} SET search_path TO ${path}\n${definition.slice(header.bodyAt)}`;
  return [
    {
      title: `set the search_path of ${routine.name} to its own schema; qualify the names it takes from others`,
      safety: "review",
      changes: [alter(routine, { definition: pinned })],
    },
  ];
}
