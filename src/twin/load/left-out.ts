import type { Unmodelled } from "../../model/catalog.ts";
import { afterBlank, afterName } from "../../sql/lex.ts";
import type { LoadReport } from "./report.ts";

// What the catalog models, a superuser alone may make, and a file is therefore not given. An operator class made of
// functions for other types lets whoever uses it read the server's memory; an event trigger runs its function with
// the rights of everybody who changes the schema, the administrator's among them.
const PRIVILEGED = /^create\s+(event\s+trigger|operator\s+(?:class|family))\s+/i;

/**
 * What a script would have made and its scratch database does not hold, for the catalog's `unmodelled`: who compares
 * the catalog with another must not take it for absent.
 */
export function leftOut({ skipped }: LoadReport): readonly Unmodelled[] {
  return skipped.flatMap(({ what }): Unmodelled[] => {
    const match = PRIVILEGED.exec(what);
    if (match === null) return [];
    const start = match[0].length;
    let end = afterName(what, start);
    for (let next = afterBlank(what, end); what[next] === "."; next = afterBlank(what, end))
      end = afterName(what, afterBlank(what, next + 1));
    return [{ kind: (match[1] ?? "").toLowerCase().replaceAll(/\s+/g, " "), name: what.slice(start, end) }];
  });
}
