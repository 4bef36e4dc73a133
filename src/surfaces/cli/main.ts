import { Command, CommanderError, Option } from "commander";
import { ACTIONS } from "../../actions/registry.ts";
import type { Action } from "../../model/action.ts";
import { EXIT } from "../../model/error.ts";
import { silentProgress } from "../../model/progress.ts";
import { SURFACES } from "../registry.ts";
import type { Declared, Surface } from "../surface.ts";
import { systemErrorText } from "../system-error.ts";
import { VERSION } from "../version.ts";
import { contextOf, interruptible } from "./environment.ts";
import { pauseSignals } from "./pause-signals.ts";
import { declareOptions, optionSpecs, readInput } from "./options.ts";
import { drawProgress } from "./progress.ts";
import { reportError } from "./report-error.ts";
import { styleFor, wantsColour } from "./style.ts";

interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
}

/** Runs the command line: `argv` without the interpreter and the script. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const flags = new Set(argv);
  const colour = flags.has("--no-color") ? false : undefined;
  const style = styleFor(process.stderr, wantsColour(process.stderr, process.env, colour));
  process.stdout.on("error", leaveOnBrokenPipe);
  let exitCode: number = EXIT.fine;
  try {
    const program = await programFor(argv, (code) => (exitCode = code));
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.fine;
    const report =
      error instanceof CommanderError
        ? { text: null, exitCode: EXIT.usage, problems: [{ what: usageProblem(error) }] }
        : reportError(error, style, flags.has("--debug"));
    // What commander refuses it has told already.
    if (report.text !== null) process.stderr.write(`${report.text}\n`);
    exitCode = report.exitCode;
    // Whoever asked for one JSON document gets one.
    if (flags.has("--json"))
      await print(`${JSON.stringify({ error: { exitCode, problems: report.problems } }, null, 2)}\n`);
  }
  return exitCode;
}

// Without a command there is no message: commander prints the overview instead.
function usageProblem(error: CommanderError): string {
  return error.code === "commander.help" ? "no command is named" : error.message.replace(/^error: /, "");
}

// `dbwright … | head` closes the pipe early; that is not an error of ours.
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`error: standard output: ${systemErrorText(error) ?? error.message}\n`);
  process.exit(EXIT.environment);
}

function bare(name: string): Command {
  return new Command(name)
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for what it takes)")
    .configureHelp({ showGlobalOptions: true });
}

// Only the command at hand is loaded and declared in full; the others are a line in the overview.
async function programFor(argv: readonly string[], finish: (exitCode: number) => void): Promise<Command> {
  const program = bare("dbwright")
    .description("A database specialist you can install: it proves every change on a twin of your database.")
    .version(VERSION, "-V, --version", "print the version")
    .option("--json", "print exactly one JSON document on standard output")
    .option("--quiet", "no progress on standard error")
    .option("--no-color", "plain text (also with NO_COLOR set)")
    .option("--debug", "print stack traces of errors")
    .addHelpText(
      "after",
      "\nTry `dbwright design examples/blog.yaml`, or `dbwright <command> --help`.\nExit codes: 0 fine, 1 findings or a refuted proof, 2 wrong usage or input, 3 the environment.",
    );
  const words = argv.filter((word) => !word.startsWith("-"));
  const asked = words[0] === "help" ? words.slice(1) : words;
  const isAsked = ({ name }: { readonly name: string }): boolean =>
    name === asked.slice(0, name.split(" ").length).join(" ");
  for (const entry of [...ACTIONS, ...SURFACES]) {
    const parent = parentFor(program, entry.name);
    const word = entry.name.split(" ").at(-1) ?? entry.name;
    // A command may have commands of its own: `twin FILE` beside `twin pack`.
    const known = parent.commands.find((command) => command.name() === word);
    const leaf = (known ?? bare(word)).summary(entry.summary);
    if (known === undefined) parent.addCommand(leaf);
    if (isAsked(entry)) fill(leaf, await entry.load(), program, finish);
  }
  return program;
}

// `backup create` lives under a command `backup`.
function parentFor(program: Command, name: string): Command {
  let parent = program;
  for (const word of name.split(" ").slice(0, -1)) {
    const known = parent.commands.find((command) => command.name() === word);
    const next = known ?? bare(word).description(`${word}: see its commands`);
    if (known === undefined) parent.addCommand(next);
    parent = next;
  }
  return parent;
}

function fill(
  command: Command,
  declared: Action | Surface,
  program: Command,
  finish: (exitCode: number) => void,
): void {
  const specs = optionSpecs(declared);
  declareOptions(command, specs, (flags, description) => new Option(flags, description));
  command.description(`${declared.summary}.\n\n${declared.description}`);
  const examples = declared.examples.map((example) => `  dbwright ${example.command}\n      ${example.what}`);
  command.addHelpText("after", `\n${effectLine(declared)}Examples:\n${examples.join("\n")}`);
  const positionalCount = specs.filter((spec) => spec.position !== null).length;
  command.action(async (...given: unknown[]) => {
    const options = given[positionalCount] as Readonly<Record<string, unknown>>;
    const input = readInput(declared, specs, given.slice(0, positionalCount), options);
    if ("serve" in declared) await serve(declared, input);
    else finish(await runAction(declared, input, program.opts<GlobalOptions>()));
  });
}

function effectLine(declared: Declared | Action): string {
  return "effect" in declared ? `Effect: ${declared.effect}\n\n` : "";
}

// Standard output is the surface's own; a client that leaves is how it ends, not an error.
async function serve(surface: Surface, input: Record<string, unknown>): Promise<void> {
  process.stdout.off("error", leaveOnBrokenPipe);
  const interrupt = interruptible();
  try {
    await surface.serve(input, contextOf(silentProgress, interrupt.signal));
  } finally {
    interrupt.release();
  }
}

async function runAction(action: Action, input: Record<string, unknown>, global: GlobalOptions): Promise<number> {
  const errorStyle = styleFor(process.stderr, wantsColour(process.stderr, process.env, global.color));
  const progress = drawProgress(process.stderr, errorStyle, global.quiet === true);
  const interrupt = interruptible();
  const pauses = pauseSignals((text) => progress.note(text));
  try {
    const mayAsk = global.json !== true && global.quiet !== true;
    // Without a terminal there is nobody who could end what runs in front.
    const inFront = global.json === true || !process.stdin.isTTY ? undefined : interrupt.foreground;
    const context = contextOf(progress, interrupt.signal, mayAsk, pauses.listen, inFront);
    const output = await action.run(input, context);
    // A Ctrl-C that came after the last look at the signal still counts.
    interrupt.signal.throwIfAborted();
    progress.stop();
    const style = styleFor(process.stdout, wantsColour(process.stdout, process.env, global.color));
    const text = global.json === true ? JSON.stringify(output, null, 2) : action.render(output, style);
    await print(text.endsWith("\n") || text === "" ? text : `${text}\n`);
    return action.exitCode(output);
  } catch (error) {
    // Whatever broke because of the interruption, the interruption is what happened.
    interrupt.signal.throwIfAborted();
    throw error;
  } finally {
    progress.stop();
    pauses.release();
    interrupt.release();
  }
}

// Waits until the text is handed over: a pipe takes a large document in pieces.
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
