import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Action } from "../../src/model/action.ts";

/** An action with the file and the export it was found in. */
export interface FoundAction {
  /** `design.ts` */
  readonly file: string;
  /** The name of the export. */
  readonly exportName: string;
  readonly action: Action;
}

function isAction(value: unknown): value is Action {
  if (typeof value !== "object" || value === null) return false;
  return ["name", "summary", "examples", "effect", "input", "positionals", "run", "render"].every(
    (key) => key in value,
  );
}

/**
 * The actions in a folder, by name: every export of a file there that is one. A file is named after its
 * action, so that who knows one finds the other; throws where it is not, or where two share a name.
 */
export async function findActions(folder: string): Promise<readonly FoundAction[]> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !/\.test(?:-data)?\.ts$/.test(file) && file !== "registry.ts")
    .toSorted();
  const found: FoundAction[] = [];
  for (const file of files) {
    const exported = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    for (const [exportName, value] of Object.entries(exported)) {
      if (!isAction(value)) continue;
      const expected = `${value.name.replaceAll(" ", "-")}.ts`;
      if (file !== expected) {
        throw new Error(`src/actions/${file}: the action is named "${value.name}"; name the file ${expected}`);
      }
      if (found.some((other) => other.action.name === value.name)) {
        throw new Error(`src/actions/${file}: exports two actions; give each a file of its own`);
      }
      found.push({ file, exportName, action: value });
    }
  }
  return found;
}
