import type { z } from "zod";
import { invalid } from "../../model/error.ts";
import { readCatalogDocument } from "../json/read.ts";
import type { Pack } from "./pack.ts";
import { DOCUMENT, STATISTICS } from "./shape.ts";

/** Problems shown of one document; the rest follows once these are mended. */
const PROBLEMS_MAX = 10;

/**
 * Reads a pack that `writePack` wrote. Throws `invalid` (exit 2), naming file and field, when the text is no JSON, of
 * another format or version, or a part of it is of another shape; no value of the statistics is in the message.
 */
export function readPack(text: string, file: string): Pack {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (error) {
    // V8 quotes a piece of the text in its message, which may be a value.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0];
    throw invalid({
      what: `this is no JSON${place === undefined ? "" : `, at ${place}`}`,
      where: file,
      mend: "write it anew with dbwright twin pack SOURCE FILE",
    });
  }
  const format = typeof value === "object" && value !== null ? (value as { format?: unknown }).format : undefined;
  if (format !== "dbwright.pack") {
    throw invalid({
      what: "this JSON is no pack of dbwright",
      where: file,
      expected: '"format": "dbwright.pack"',
      mend: "make one with dbwright twin pack SOURCE FILE",
    });
  }
  const document = DOCUMENT.safeParse(value);
  if (!document.success) throw problems(document.error, file);
  const catalog = readCatalogDocument(document.data.catalog, `${file}: catalog`);
  const statistics = STATISTICS.safeParse(document.data.statistics);
  if (!statistics.success) throw problems(statistics.error, `${file}: statistics`);
  return { catalog, statistics: statistics.data };
}

function problems(error: z.ZodError, place: string): Error {
  return invalid(
    error.issues.slice(0, PROBLEMS_MAX).map((issue) => {
      const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
      return { what: issue.message, where: path === "" ? place : `${place}: ${path.replace(/^\./, "")}` };
    }),
  );
}
