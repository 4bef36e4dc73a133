import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { GeneratedFile } from "./generated-file.ts";

interface ConfigurationShape {
  readonly configurationJsonSchema: () => unknown;
}

/** `schemas/config.schema.json`: what editors complete and check a configuration with. */
export async function configurationSchemaFile(root: string): Promise<GeneratedFile | null> {
  const path = join(root, "src/specialist/review/configuration-shape.ts");
  if (!existsSync(path)) return null;
  const { configurationJsonSchema } = (await import(pathToFileURL(path).href)) as ConfigurationShape;
  return { path: "schemas/config.schema.json", text: `${JSON.stringify(configurationJsonSchema(), null, 2)}\n` };
}
