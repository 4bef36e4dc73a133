import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { Playground } from "../../twin/server/testing.test-data.ts";

const main = new URL("../cli/main.ts", import.meta.url).href;
const tsx = import.meta.resolve("tsx");

// A program and its words that run a script in the source's own TypeScript.
const scripted = (script: string): { readonly command: string; readonly args: string[] } => ({
  command: process.execPath,
  args: ["--import", tsx, "--input-type=module", "-e", script],
});

// How a client starts the command line from its source.
const command = (words: readonly string[]): ReturnType<typeof scripted> =>
  scripted(`process.exitCode = await (await import(${JSON.stringify(main)})).main(${JSON.stringify(words)});`);

// A server under test has a cache and a temporary directory of its own, so that what it leaves is seen.
function environmentFor({ cacheDir, temporary }: Playground): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: temporary, TMPDIR: temporary, DBWRIGHT_CACHE: cacheDir };
}

/** What a program that ended said. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script to its end. */
export function ranScript(script: string, place: Playground): Ran {
  const start = scripted(script);
  const options = { env: environmentFor(place), encoding: "utf8", input: "" } as const;
  const { status, stdout, stderr } = spawnSync(start.command, start.args, options);
  return { status, stdout, stderr };
}

/** Runs the command line to its end, with nothing on standard input. */
export function ran(words: readonly string[], place: Playground): Ran {
  return ranScript(command(words).args.at(-1) ?? "", place);
}

/** A connected client with the process that serves it. */
export interface Connection {
  readonly client: Client;
  readonly pid: number;
  /** What the server wrote on standard error. */
  readonly said: () => string;
}

/** Starts `dbwright mcp` as a client does, over standard input and output. */
export async function connected(
  words: readonly string[],
  place: Playground,
  era: "legacy" | "modern" = "legacy",
): Promise<Connection> {
  const transport = new StdioClientTransport({
    ...command(["mcp", ...words]),
    env: environmentFor(place),
    stderr: "pipe",
  });
  let said = "";
  transport.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const versionNegotiation = { versionNegotiation: { mode: { pin: "2026-07-28" } } } as const;
  const client = new Client({ name: "test", version: "1" }, era === "modern" ? versionNegotiation : {});
  await client.connect(transport);
  if (transport.pid === null) throw new Error("the server was not started");
  return { client, pid: transport.pid, said: () => said };
}

/** A program that starts the server, asks for a call, prints the server's process id, and waits to be killed. */
export function startDoomedClient(words: readonly string[], place: Playground, request: object): ChildProcess {
  const server = command(["mcp", ...words]);
  const messages = [
    {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "doomed", version: "1" } },
    },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 2, method: "tools/call", params: request },
  ];
  const script = `
    import { spawn, spawnSync } from "node:child_process";
    const server = spawn(${JSON.stringify(server.command)}, ${JSON.stringify(server.args)}, { stdio: ["pipe", "pipe", "ignore"] });
    for (const message of ${JSON.stringify(messages)}) server.stdin.write(JSON.stringify(message) + "\\n");
    server.stdout.resume();
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: environmentFor(place),
    stdio: ["ignore", "pipe", "inherit"],
  });
}
