import { invalid } from "../../model/error.ts";
import type { Problem } from "../../model/error.ts";
import type { LoadFailure, LoadReport, ScriptText } from "./report.ts";
import { foreignDialect } from "./text.ts";

const FAILURES_SHOWN = 10;
/** Skipped statements of one reason that are named; the rest is counted. */
const NAMED_MAX = 5;

/**
 * What a load means to a person: notes on what was left out. Throws `invalid` (exit 2), listing the first ten
 * refused statements, unless `lenient`: a broken script must not be taken for a whole one.
 */
export function judge(report: LoadReport, scripts: readonly ScriptText[], lenient: boolean): string[] {
  const { failures } = report;
  if (failures.length > 0 && !lenient) throw invalid(problemsOf(failures, scripts));
  const notes = skippedNotes(report);
  if (report.databases.length > 1) {
    const names = report.databases.map((name) => (name === "" ? "the first one" : name));
    notes.push(
      `the script fills ${names.length} databases (${names.join(", ")}); their objects were put together in one`,
    );
  }
  if (report.deferred > 0) {
    notes.push(
      `${report.deferred} statements use what is defined after them: they were tried again at the end (psql would refuse them)`,
    );
  }
  const { ownership } = report.ignored;
  if (ownership > 0)
    notes.push(`left out: ${ownership} × ${OWNER_TO}: what they name belongs to whoever runs the rest`);
  if (report.statements === 0) notes.push("there is no statement in the script: the catalog is empty");
  for (const failure of failures) {
    const { file, line, statement, message, hint, followsFrom } = failure;
    const remark = followsFrom === null ? hint : `it follows from the failure at ${followsFrom}`;
    notes.push(`refused: ${file}:${line}: ${statement}: ${message}${remark === null ? "" : ` (${remark})`}`);
  }
  return notes;
}

const OWNER_TO = "ALTER … OWNER TO";

/** Whether a note of {@link judge} says that owners were left out. */
export const isOnOwners = (note: string): boolean => note.includes(OWNER_TO);

// One note for each reason, with the places.
function skippedNotes({ skipped, missingExtensions }: LoadReport): string[] {
  const reasons = new Map<string, string[]>();
  for (const { file, line, what, why } of skipped) {
    const places = reasons.get(why) ?? [];
    places.push(`${what} (${file}:${line})`);
    reasons.set(why, places);
  }
  const notes = [...reasons].map(([why, places]) => {
    const more = places.length > NAMED_MAX ? ` and ${places.length - NAMED_MAX} more` : "";
    return `left out: ${places.slice(0, NAMED_MAX).join("; ")}${more}: ${why}`;
  });
  if (missingExtensions.length > 0) {
    notes.push(
      `not at hand: ${missingExtensions.map((name) => `extension ${name}`).join(", ")}; --twin URL names a server that has it`,
    );
  }
  return notes;
}

function problemsOf(failures: readonly LoadFailure[], scripts: readonly ScriptText[]): Problem[] {
  const roots = failures.filter(({ followsFrom }) => followsFrom === null);
  const shown = roots.slice(0, FAILURES_SHOWN).map((failure): Problem => {
    const what = failure.statement === "" ? failure.message : `${failure.message}, in ${failure.statement}`;
    const problem = { what, where: `${failure.file}:${failure.line}` };
    return failure.hint === null ? problem : { ...problem, mend: failure.hint };
  });
  const syntax = failures.find(({ sqlstate }) => sqlstate === "42601" || sqlstate === "42704" || sqlstate === "22007");
  const files = new Set(failures.map(({ file }) => file));
  const dialect =
    syntax === undefined
      ? null
      : scripts
          .filter(({ file }) => files.has(file))
          .map(({ text }) => foreignDialect(text))
          .find((one) => one !== null);
  if (dialect != null) {
    const [first] = shown;
    return [
      {
        what: `the script seems to be written for ${dialect}; PostgreSQL refuses ${failures.length} statements of it`,
        where: first?.where ?? "",
        expected: "a PostgreSQL script",
        mend: `convert it, e.g. with pgloader into a PostgreSQL database, whose URL is a source too; the first refusal: ${first?.what ?? ""}`,
      },
    ];
  }
  const counts = [
    `${failures.length} ${failures.length === 1 ? "statement was" : "statements were"} refused`,
    ...(roots.length > shown.length ? [`${shown.length} of them are shown`] : []),
    ...(failures.length > roots.length ? [`${failures.length - roots.length} because of others that were`] : []),
  ];
  return [...shown, { what: counts.join(", "), mend: "mend the script, or take what loads with --lenient" }];
}
