import { createRequire } from "node:module";

/** What Prisma's own validator said. */
export interface PrismaValidation {
  readonly ok: boolean;
  /** Prisma's messages, one per error, without colour. */
  readonly errors: readonly string[];
  /** The validator's version, e.g. "7.10.0". */
  readonly version: string;
}

const PACKAGE = "@prisma/prisma-schema-wasm";

interface SchemaWasm {
  validate(parameters: string): void;
}

/**
 * Validates a schema with the WebAssembly build of Prisma's schema engine, the one behind `prisma validate`.
 * Null when the optional dependency is not installed. The text is not executed and no file is read.
 */
export async function validatePrisma(text: string): Promise<PrismaValidation | null> {
  const loaded = await load();
  if (loaded === null) return null;
  try {
    loaded.wasm.validate(JSON.stringify({ prismaSchema: [["schema.prisma", text]], noColor: true }));
    return { ok: true, errors: [], version: loaded.version };
  } catch (error) {
    return { ok: false, errors: messagesOf(error), version: loaded.version };
  }
}

async function load(): Promise<{ readonly wasm: SchemaWasm; readonly version: string } | null> {
  const require = createRequire(import.meta.url);
  try {
    require.resolve(PACKAGE);
  } catch {
    return null;
  }
  const module = (await import(PACKAGE)) as { readonly default: SchemaWasm };
  const { version } = require(`${PACKAGE}/package.json`) as { readonly version: string };
  return { wasm: module.default, version: version.split("-")[0] ?? version };
}

// The engine throws an Error whose message is JSON: {"error_code":"P1012","message":"error: … error: …"}.
function messagesOf(error: unknown): readonly string[] {
  const raw = error instanceof Error ? error.message : String(error);
  let message = raw;
  try {
    message = (JSON.parse(raw) as { message?: string }).message ?? raw;
  } catch {
    // A crash of the engine itself is plain text; it is reported as such.
  }
  const parts = message.split(/^error: /m).map((part) => part.replace(/\n+Validation Error Count: \d+\s*$/, "").trim());
  return parts.filter((part) => part !== "");
}
