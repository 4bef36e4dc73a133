import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { ACTIONS } from "../../actions/registry.ts";
import type { Action, ActionContext } from "../../model/action.ts";
import { invalid } from "../../model/error.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Surface } from "../surface.ts";
import { VERSION } from "../version.ts";
import { callTool } from "./call.ts";
import { confinedTo, rootFolder } from "./paths.ts";
import type { Admit } from "./paths.ts";
import { notifyingProgress } from "./progress.ts";
import { protocolStreams } from "./streams.ts";
import { isOffered, toolName, toolOf } from "./tools.ts";

const input = z.object({
  root: z.string().default(".").describe("the folder that tools work in, and may not leave"),
  allowOutside: z.boolean().default(false).describe("let tools read and write outside the root, too"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server for scratch databases, by URL (default: one that dbwright starts for each call)"),
});

const INSTRUCTIONS =
  "A database specialist. It designs, inspects and reviews schemas and tries what it says on a scratch server. " +
  "`proved`, `measured`, `estimated` and `not proved` are different claims: keep them apart when you report. " +
  "Paths are relative to the folder the server was started for.";

// After this the process ends in any case; what its scratch servers hang on notices.
const GRACE_MS = 20_000;

/** What every call has in common. */
interface Serving {
  readonly context: ActionContext;
  /** Null where everything is allowed. */
  readonly admit: Admit | null;
  /** The server for scratch databases, or null for dbwright's own. */
  readonly twin: string | null;
}

/** How a call reaches the client that made it. */
interface Caller {
  readonly signal: AbortSignal;
  /** Sends a progress notification, or null when the client did not ask for any. */
  readonly notify: ((progress: number, message: string) => void) | null;
}

/** The calls under way, so that a client's leaving can be waited out. */
class Calls {
  readonly #running = new Set<Promise<unknown>>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const promise = work();
    this.#running.add(promise);
    try {
      return await promise;
    } finally {
      this.#running.delete(promise);
    }
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}

async function call(
  name: string,
  given: Readonly<Record<string, unknown>>,
  { context, admit, twin }: Serving,
  caller: Caller,
): ReturnType<typeof callTool> {
  const offered = ACTIONS.filter(isOffered);
  const action = await offered.find((entry) => toolName(entry.name) === name)?.load();
  if (action === undefined) {
    const names = offered.map((entry) => toolName(entry.name)).join(", ");
    return { content: [{ type: "text", text: `${name}: there is no such tool\n  expected: ${names}` }], isError: true };
  }
  let answered = false;
  const { notify } = caller;
  const progress =
    notify === null ? silentProgress : notifyingProgress((step, message) => answered || notify(step, message));
  const signal = AbortSignal.any([caller.signal, context.signal]);
  try {
    return await callTool(action, given, { ...context, signal, progress }, { admit, twin });
  } finally {
    // Nothing may follow the answer: its token is the client's to use again.
    answered = true;
  }
}

// `tools/list` and `tools/call` are answered from the registry by ourselves: only a call loads its action.
function answer(server: McpServer, serving: Serving, calls: Calls): void {
  server.server.setRequestHandler("tools/list", async () => {
    const actions: Action[] = await Promise.all(ACTIONS.filter(isOffered).map(({ load }) => load()));
    return { tools: actions.map(toolOf) };
  });
  server.server.setRequestHandler("tools/call", ({ params }, { mcpReq }) => {
    const { _meta: meta } = mcpReq;
    const token = meta?.progressToken;
    const notify = (progress: number, message: string): void => {
      if (token === undefined) return;
      const sent = mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken: token, progress, message },
      });
      // A client that left hears nothing; that it left is noticed elsewhere.
      sent.catch(() => {});
    };
    const caller = { signal: mcpReq.signal, notify: token === undefined ? null : notify };
    return calls.run(() => call(params.name, params.arguments ?? {}, serving, caller));
  });
}

async function serve(given: Record<string, unknown>, context: ActionContext): Promise<void> {
  const options = input.parse(given);
  const cwd = await rootFolder(options.root, context.cwd);
  const { McpServer } = await import("@modelcontextprotocol/server");
  const { serveStdio, StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
  const ended = new AbortController();
  const base: ActionContext = {
    ...context,
    cwd,
    signal: AbortSignal.any([context.signal, ended.signal]),
    stdin: () =>
      Promise.reject(
        invalid({
          what: "standard input carries the protocol",
          expected: "the document itself, or the path of a file",
        }),
      ),
  };
  const serving: Serving = {
    context: base,
    admit: options.allowOutside ? null : confinedTo(cwd),
    twin: options.twin ?? null,
  };
  const calls = new Calls();
  const streams = protocolStreams();
  const handle = serveStdio(
    () => {
      const server = new McpServer(
        { name: "dbwright", version: VERSION },
        { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
      );
      answer(server, serving, calls);
      return server;
    },
    { transport: new StdioServerTransport(streams.input, streams.output) },
  );
  await Promise.race([streams.closed, aborted(context.signal)]);
  ended.abort(new Error("the client has left"));
  setTimeout(() => process.exit(), GRACE_MS).unref();
  await handle.close();
  await calls.settled();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** `dbwright mcp`: the actions as MCP tools over standard input and output. */
export const mcpSurface: Surface = {
  name: "mcp",
  summary: "Offer the actions to an agent as MCP tools, over standard input and output",
  description: `Speaks the Model Context Protocol until its client leaves. Each action is a tool with the same inputs, less what
is not the agent's to say: where scratch databases are made, which configuration is run, and, where a tool only reads,
a file to write to. There is no tool that runs SQL.

Paths are taken relative to --root (default: where it is started) and may not leave it, links included, unless
--allow-outside. docs/guides/mcp.md shows how clients start it.`,
  examples: [
    { command: "mcp", what: "for this folder" },
    { command: "mcp --root ../shop", what: "for another project" },
  ],
  input,
  positionals: [],
  serve,
};
