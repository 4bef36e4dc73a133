import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { unavailable } from "../model/error.ts";
import type { Plan } from "../model/plan.ts";
import type { Proof } from "../model/proof.ts";
import { betweenShape, PLAN_SOURCE } from "../twin/make-plan/between-input.ts";
import { proofRemarks } from "../twin/make-plan/proof-remarks.ts";

const input = z.object({
  from: z.string().describe(`what there is: ${PLAN_SOURCE}`),
  to: z.string().describe("what is wanted: a source of the same kinds"),
  ...betweenShape,
  out: z.string().optional().describe("the file to write to (default: standard output)"),
});

type Options = z.output<typeof input>;

/** What `diff` prints with `--json`. */
interface DiffOutput extends Plan {
  /** What the proof observed; null where there was nothing to prove or it was not wanted. */
  readonly proof: Proof | null;
  readonly script: string;
  /** The file it was written to, or null. */
  readonly out: string | null;
}

async function runDiff(options: Options, context: ActionContext): Promise<DiffOutput> {
  const { planBetween, shownSource } = await import("../twin/make-plan/between.ts");
  const { writePlan } = await import("../formats/plan/write.ts");
  const made = await planBetween(options, context);
  const script = writePlan(made.plan, {
    from: shownSource(options.from),
    to: shownSource(options.to),
    remarks: proofRemarks(made.proof, made.plan, options.prove),
  });
  if (options.out !== undefined) await save(resolve(context.cwd, options.out), options.out, script);
  return { ...made.plan, proof: made.proof, script, out: options.out ?? null };
}

async function save(path: string, shownPath: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unavailable({ what: `the script cannot be written (${code})`, where: shownPath }, { cause: error });
  }
}

function render(output: DiffOutput, style: Style): string {
  if (output.out === null) return output.script.replace(/\n$/, "");
  return `${style.bold(output.out)}: ${output.steps.length} steps`;
}

/** From one schema to another, safely and proved. */
export const diffAction: Action = action({
  name: "diff",
  summary: "Plan a safe, ordered and proved migration from one schema to another",
  description: `Compares two sources and prints the statements that lead from the first to the second, as a script for
psql. Nothing is run in either of them: a live database is only read.

Changes that would keep readers or writers waiting, or read or write a whole table under a lock, are made in a longer
and safer way unless --direct. Each step says in a comment what it locks, when it may run in a rollout and what it
destroys; --json says all of it, with each step's undo.

The plan is tried on a twin: a scratch server builds FROM, runs every step, compares the outcome with TO by three
independent means, plans again and takes it all back. A plan that was refuted is printed with exit code 1 and says so.

What looks like a rename is offered and never assumed: without --rename, or a line "-- dbwright:rename
public.task.title=name" in TO, it is a drop and a create.`,
  examples: [
    { command: "diff postgres://app@localhost/shop schema.sql", what: "what brings a live database to a schema file" },
    {
      command: "diff git:main:db/schema.sql db/schema.sql --direct",
      what: "what a branch changed, in the fewest statements",
    },
    {
      command: "diff old.sql new.sql --rename public.task.title=name --out migration.sql",
      what: "a column keeps its values under a new name",
    },
    {
      command: "diff migrations postgres://app@localhost/shop --json",
      what: "how far a live database is from its migrations",
    },
  ],
  effect: "reads",
  input,
  positionals: ["from", "to"],
  run: runDiff,
  render,
  exitCode: ({ proof }) => (proof?.verdict === "refuted" ? 1 : 0),
});
