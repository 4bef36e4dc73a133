import type { Style } from "../../../model/action.ts";
import type { Proof, ProofStep } from "../../../model/proof.ts";

// Names come from files and databases: no control character of theirs reaches a terminal.
const shown = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

function lineOf({ id, verdict, standing, claim, observed, sql }: ProofStep, style: Style): string {
  const mark = { proved: style.green("✔"), refuted: style.red("✘"), "not-run": style.yellow("–") }[verdict];
  const how = verdict === "proved" && standing !== "proved" ? style.dim(` (${standing})`) : "";
  const what = verdict === "proved" ? "" : ` ${shown(claim)}:`;
  const which =
    verdict === "refuted" && sql?.[0] !== undefined ? `\n      ${style.dim(shown(sql[0]).slice(0, 200))}` : "";
  return `  ${mark} ${style.bold(shown(id))}${how}:${what} ${shown(observed)}${which}`;
}

/** A proof of migrations for a person. */
export function proofText({ claim, steps, verdict, reason, twin, duration_ms }: Proof, style: Style): string {
  if (steps.length === 0) return `Nothing was proved: ${shown(reason ?? claim)}.`;
  const counts = (["proved", "refuted", "not-run"] as const).map((one) => {
    const count = steps.filter((step) => step.verdict === one).length;
    return count === 0 ? null : `${count} ${one === "not-run" ? "not run" : one}`;
  });
  const word = {
    proved: style.green("proved"),
    refuted: style.red("REFUTED"),
    "not-run": style.yellow("not proved"),
  }[verdict];
  return [
    ...steps.map((step) => lineOf(step, style)),
    "",
    `${word} on ${twin.server} in ${Math.round(duration_ms / 100) / 10} s: ${counts.filter((one) => one !== null).join(", ")}${verdict === "refuted" && reason !== undefined ? `\n${shown(reason)}` : ""}`,
  ].join("\n");
}
