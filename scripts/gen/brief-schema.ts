import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { GeneratedFile } from "./generated-file.ts";

interface BriefFormat {
  readonly briefJsonSchema: () => unknown;
}

/** `schemas/brief.schema.json`: what editors complete and check a brief with. */
export async function briefSchemaFile(root: string): Promise<GeneratedFile | null> {
  const path = join(root, "src/formats/brief/json-schema.ts");
  if (!existsSync(path)) return null;
  const { briefJsonSchema } = (await import(pathToFileURL(path).href)) as BriefFormat;
  return { path: "schemas/brief.schema.json", text: `${JSON.stringify(briefJsonSchema(), null, 2)}\n` };
}
