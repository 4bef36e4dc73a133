import type { Style } from "../../model/action.ts";
import type { BaselineResult } from "./baseline.ts";
import type { DownResult } from "./down.ts";
import type { Drift, DriftWay } from "./drift.ts";
import { ranText } from "./other-tools.ts";
import { runnerText } from "./runner-lock.ts";
import type { MigrateStatus, MigrationStatus } from "./status.ts";
import type { UpResult } from "./up.ts";

// Names come from files and databases: no control character of theirs reaches a terminal.
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** What `migrate up` and `migrate resume` did, for a person. */
export function upText(result: UpResult, style: Style): string {
  const { outcome, applied, mapped, at, plan, checklist } = result;
  if (outcome === "dry-run") {
    const marks = { yes: style.green("✔"), no: style.yellow("✘"), "not looked at": style.dim("–") };
    const list = checklist.map(({ title, verdict, seen }) => `  ${marks[verdict]} ${title}: ${shown(seen)}`);
    const runs = plan.map(({ id, steps }) => `  ${shown(id)}: ${plural(steps.length, "step")}`);
    const losses = result.losses.map(
      ({ migration, step, what }) => `  ${style.red("destroys")} ${shown(what)} (step ${step} of ${shown(migration)})`,
    );
    if (plan.length === 0) return "Nothing is pending.";
    return [style.bold("Would run"), ...runs, ...losses, "", style.bold("Checklist"), ...list].join("\n");
  }
  const lines = [
    ...mapped.map((id) => `${shown(id)}: what it was squashed from has run here; recorded as applied`),
    ...applied.map((id) => `${style.green("✔")} ${shown(id)}`),
  ];
  if (outcome === "paused")
    lines.push(`${style.yellow("paused")} in ${shown(at ?? "")}; dbwright migrate resume goes on`);
  if (outcome === "stopped")
    lines.push(
      `stopped in ${shown(at ?? "")} at the end of the phase; dbwright migrate up goes on when the next may begin`,
    );
  if (lines.length === 0) lines.push("Nothing was pending.");
  return lines.join("\n");
}

/** What `migrate down` did, for a person. */
export function downText({ outcome, undone, plan }: DownResult, style: Style): string {
  const steps = plan.migrations.map(
    ({ id, steps: numbers }) => `  ${shown(id)}: ${plural(numbers.length, "step")}, the last first`,
  );
  const remarks = [
    ...plan.losses.map(
      ({ what, step, migration }) => `  ${style.red("destroys")} ${shown(what)} (step ${step} of ${shown(migration)})`,
    ),
    ...plan.remarks.map((remark) => `  ${style.yellow("not brought back")}: ${shown(remark)}`),
    ...plan.notes.map((note) => `  ${shown(note)}`),
  ];
  if (outcome === "dry-run")
    return [style.bold(steps.length === 0 ? "Nothing to take back." : "Would take back"), ...steps, ...remarks].join(
      "\n",
    );
  if (outcome === "paused") return `${style.yellow("paused")}; dbwright migrate down goes on`;
  if (plan.migrations.length === 0) return "There is nothing to take back.";
  const part = plan.migrations.filter(({ id }) => !undone.includes(id));
  return [
    ...undone.map((id) => `${style.green("✔")} ${shown(id)} is taken back`),
    ...part.map(
      ({ id, steps: numbers }) =>
        `${style.green("✔")} ${plural(numbers.length, "step")} of ${shown(id)} ${numbers.length === 1 ? "is" : "are"} taken back`,
    ),
    ...remarks,
  ].join("\n");
}

const LOUD = new Set<MigrationStatus["state"]>(["interrupted", "failed", "undoing", "late", "no file"]);

/** Where a database stands, for a person. */
export function statusText(status: MigrateStatus, style: Style): string {
  const { migrations, runner, pause, edited, otherTools, next } = status;
  const width = Math.max(0, ...migrations.map(({ id }) => shown(id).length));
  const lines = migrations.flatMap((one) => {
    const word = LOUD.has(one.state)
      ? style.red(one.state)
      : one.state === "applied"
        ? style.green(one.state)
        : style.yellow(one.state);
    const steps =
      one.state === "applied" || one.state === "pending" || one.state === "again"
        ? ""
        : `  ${one.stepsDone} of ${plural(one.stepsTotal, "step")} done`;
    const when = one.finishedAt === null ? "" : style.dim(`  ${one.finishedAt}`);
    return [
      `${shown(one.id).padEnd(width)}  ${word}${steps}${when}`,
      ...one.open.map(
        ({ step, line, says }) =>
          `    step ${step}${line === null ? "" : ` (${shown(one.file)}:${line})`}: ${shown(says)}`,
      ),
    ];
  });
  return [
    ...(lines.length === 0 ? ["There are no migrations."] : lines),
    ...(runner === null ? [] : ["", `Being run by ${shown(runnerText(runner))}.`]),
    ...(pause === null ? [] : ["", style.yellow(`Paused since ${pause.at}, by ${shown(pause.by)}.`)]),
    ...edited.map(({ what, where }) => style.red(`${shown(where ?? "")}: ${what}`)),
    ...otherTools.map((other) => {
      const ran = ranText(other);
      return `${other.tool} keeps a history in ${shown(other.table)}${ran === "" ? "" : `: it ${shown(ran)}`}.`;
    }),
    ...(next === null ? [] : ["", `Next: ${next}`]),
  ].join("\n");
}

/** How a database differs from its migrations: SQL, with the differences as comments. */
export function driftText(drift: Drift, show: "both" | "adopt" | "revert", style: Style): string {
  const { against, differences, adopt, revert, uncompared } = drift;
  const last = against.at(-1);
  const sql = (one: DriftWay | null, title: string): readonly string[] =>
    one === null ? [] : ["", ...(show === "both" ? [style.bold(title)] : []), one.sql.trimEnd()];
  const what =
    last === undefined
      ? "an empty database: no migration has run here"
      : `what its ${plural(against.length, "migration")} up to ${shown(last)} make`;
  const blind =
    uncompared.length === 0 ? [] : [`-- Not compared, as it is not modelled: ${shown(uncompared.join(", "))}`];
  if (differences.length === 0) return [`-- The database is ${what}.`, ...blind].join("\n");
  return [
    style.bold(`-- The database is not ${what} (- only the files, + only the database):`),
    ...differences.map((line) => `--   ${shown(line)}`),
    ...blind,
    ...sql(adopt, "-- To adopt it, as a new migration:"),
    ...sql(revert, "-- To take the database back:"),
  ].join("\n");
}

/** What `migrate baseline` recorded. */
export function baselineText({ adopted, from, differences, outcome }: BaselineResult, style: Style): string {
  const whose = from === null ? "" : `, as ${from.tool} says in ${shown(from.table)}`;
  const equal =
    differences.length === 0
      ? "equal to the database (proved on the twin)"
      : `${plural(differences.length, "difference")} to the database`;
  return [
    `${outcome === "dry-run" ? "Would adopt" : `${style.green("✔")} Adopted`} ${plural(adopted.length, "migration")}${whose}: ${equal}`,
    ...differences.map((line) => `  ${shown(line)}`),
  ].join("\n");
}
