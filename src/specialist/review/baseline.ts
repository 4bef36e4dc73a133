import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { invalid, unavailable } from "../../model/error.ts";

const FORMAT = "dbwright.baseline";

const BASELINE_SHAPE = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  findings: z.array(z.string()),
});

/**
 * The fingerprints of findings that were there before, from a file that {@link writeBaseline} wrote. Throws
 * `invalid` (exit 2) for a file that is missing or is no baseline.
 */
export async function readBaseline(cwd: string, file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(resolve(cwd, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === "ENOENT";
    const what = missing ? "there is no such baseline" : `the baseline cannot be read (${error.code ?? error.message})`;
    const problem = { what, where: file, mend: `write one with --write-baseline ${file}` };
    throw missing ? invalid(problem, { cause: error }) : unavailable(problem, { cause: error });
  });
  const expected = `what --write-baseline writes: {"format":"${FORMAT}","version":1,"findings":[…]}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid({ what: `it is no JSON: ${(error as Error).message}`, where: file, expected }, { cause: error });
  }
  const { data, error } = BASELINE_SHAPE.safeParse(value);
  if (error === undefined) return new Set(data.findings);
  const field = error.issues[0]?.path.map(String).join(".") ?? "";
  throw invalid({ what: "it is no baseline", where: field === "" ? file : `${file}: ${field}`, expected });
}

/** Writes fingerprints, one to a line and sorted: the same findings give the same bytes. */
export async function writeBaseline(cwd: string, file: string, fingerprints: readonly string[]): Promise<void> {
  const findings = [...new Set(fingerprints)].toSorted();
  const text = `${JSON.stringify({ format: FORMAT, version: 1, findings }, null, 2)}\n`;
  await writeFile(resolve(cwd, file), text).catch((error: NodeJS.ErrnoException) => {
    throw unavailable(
      {
        what: `the baseline cannot be written (${error.code ?? error.message})`,
        where: file,
        mend: error.code === "ENOENT" ? "make the folder first" : "name a file in a folder that can be written to",
      },
      { cause: error },
    );
  });
}
