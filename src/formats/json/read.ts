import type { z } from "zod";
import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { catalogOf } from "../../model/catalog-view.ts";
import { invalid } from "../../model/error.ts";
import { KINDS, refKey } from "../../model/ref.ts";
import { DOCUMENT, shapeOf } from "./shape.ts";

/** Problems shown of one document; the rest follows once these are mended. */
const PROBLEMS_MAX = 10;

/**
 * Reads a catalog that `writeJson` wrote. Throws `invalid` (exit 2), naming file, object and field, when the
 * text is no JSON, of another format or version, or holds an object of another shape, an object twice, or
 * a dependency on an object that is not there.
 */
export function readJson(text: string, file: string): Catalog {
  return readCatalogDocument(parsed(text, file), file);
}

/** The same for a document that is parsed already, as it stands inside another; `file` says where. */
export function readCatalogDocument(value: unknown, file: string): Catalog {
  const document = DOCUMENT.safeParse(value);
  if (!document.success) {
    throw invalid(document.error.issues.slice(0, PROBLEMS_MAX).map((issue) => problem(issue, file)));
  }
  const { engine, objects, unmodelled } = document.data;
  const read = objects.map((object, index) => readObject(object, index, file));
  const keys = new Map<string, number>();
  for (const [index, object] of read.entries()) {
    const key = refKey(object);
    if (keys.has(key)) throw invalid({ what: `${key} is there twice`, where: `${file}: objects[${index}]` });
    keys.set(key, index);
  }
  for (const [index, object] of read.entries()) {
    const lost = object.dependsOn.find((key) => !keys.has(key));
    if (lost === undefined) continue;
    throw invalid({
      what: `${refKey(object)} depends on ${JSON.stringify(lost)}, which is not in the catalog`,
      where: `${file}: objects[${index}].dependsOn`,
    });
  }
  return catalogOf(engine, read, unmodelled);
}

function parsed(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (error) {
    throw invalid({ what: `this is no JSON: ${(error as Error).message}`, where: file }, { cause: error });
  }
  const format = typeof value === "object" && value !== null ? (value as { format?: unknown }).format : undefined;
  if (format === "dbwright.catalog") return value;
  throw invalid({
    what: "this JSON is no catalog of dbwright",
    where: file,
    expected: '"format": "dbwright.catalog"',
    mend: "make one with dbwright inspect SOURCE --to json",
  });
}

function readObject(object: Readonly<Record<string, unknown>>, index: number, file: string): CatalogObject {
  const { kind } = object;
  const shape = typeof kind === "string" ? shapeOf(kind) : undefined;
  const place = `objects[${index}]`;
  if (shape === undefined) {
    throw invalid({
      what: `${JSON.stringify(kind ?? null)} is no kind of object`,
      where: `${file}: ${place}.kind`,
      expected: KINDS.join(", "),
    });
  }
  const result = shape.safeParse(object);
  // The shapes change nothing; the object itself keeps the order of its fields.
  if (result.success) return object as unknown as CatalogObject;
  const name = typeof object["name"] === "string" ? ` (${kind as string} ${JSON.stringify(object["name"])})` : "";
  throw invalid(result.error.issues.slice(0, PROBLEMS_MAX).map((issue) => problem(issue, `${file}: ${place}${name}`)));
}

function problem(issue: z.core.$ZodIssue, place: string): { readonly what: string; readonly where: string } {
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return { what: issue.message, where: path === "" ? place : `${place}: ${path.replace(/^\./, "")}` };
}
