/*
 * What the tools cost a model before it asks anything, in tokens; and what the protocol adds to a call: `inspect`
 * of a SQL file and of a saved catalog through a client and a server process, beside the same action called in this
 * process, in turns. A saved catalog needs no scratch server, so that its ratio is the protocol's own.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { encode } from "gpt-tokenizer";
import { inspectAction } from "../../src/actions/inspect.ts";
import { silentProgress } from "../../src/model/progress.ts";
import { cacheDirOf } from "../../src/surfaces/cli/environment.ts";
import { median } from "./figure.ts";
import type { BenchResult, Figure } from "./figure.ts";

const command = fileURLToPath(new URL("../../bin/dbwright.js", import.meta.url));
const ROUNDS = 7;
const TABLES = 370;
const TOKENS_GOAL = 4_800;
// Of the whole of a call that needs a scratch server, the protocol is to be a small part. No goal for what needs
// none: most of that time is the client's own, which reads megabytes of JSON.
const GOAL_TIMES = 1.5;

const tableSql = (number: number): string =>
  `create table table_${number} (
    id bigint generated always as identity primary key,
    parent_id bigint${number === 0 ? "" : ` references table_${Math.floor(number / 2)}`},
    code text not null unique,
    amount numeric(12,2) not null default 0 check (amount >= 0),
    created_at timestamptz not null default now());
  create index on table_${number} (parent_id, created_at);`;

async function inProcess(source: string, cwd: string): Promise<unknown> {
  const input = inspectAction.input.parse({ source, to: "json" });
  return await inspectAction.run(input, {
    cwd,
    cacheDir: cacheDirOf(process.env, process.platform),
    searchPath: (process.env["PATH"] ?? "").split(delimiter),
    signal: new AbortController().signal,
    progress: silentProgress,
    stdin: () => Promise.resolve(""),
  });
}

async function overProtocol(client: Client, source: string): Promise<void> {
  const { isError, content } = await client.callTool(
    { name: "inspect", arguments: { source, to: "json" } },
    { timeout: 600_000 },
  );
  if (isError === true) throw new Error(`inspect over MCP failed: ${JSON.stringify(content)}`);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt_ms = performance.now();
  await work();
  return (performance.now() - startedAt_ms) / 1000;
}

async function compared(what: string, client: Client, source: string, cwd: string): Promise<Figure> {
  const own: number[] = [];
  const direct: number[] = [];
  // One round before counting: modules are loaded, the server's template is made.
  for (let round = 0; round <= ROUNDS; round++) {
    const times = [
      await seconds(() => inProcess(source, cwd)),
      await seconds(() => overProtocol(client, source)),
    ] as const;
    if (round === 0) continue;
    direct.push(times[0]);
    own.push(times[1]);
  }
  const peer = { what: "the call in this process", seconds: median(direct) };
  return { what, seconds: median(own), peer, goal: source.endsWith(".sql") ? { timesPeer: GOAL_TIMES } : null };
}

/** Tokens of `tools/list`, and round trips beside library calls. */
export async function run(): Promise<BenchResult> {
  const root = mkdtempSync(join(tmpdir(), "dbwright-bench-mcp-"));
  const client = new Client({ name: "bench", version: "1" });
  try {
    writeFileSync(join(root, "schema.sql"), [...Array(TABLES).keys()].map(tableSql).join("\n"));
    const { text } = (await inProcess("schema.sql", root)) as { readonly text: string };
    writeFileSync(join(root, "schema.json"), text);
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [command, "mcp", "--root", root],
      env: process.env as Record<string, string>,
    });
    const connect_s = await seconds(() => client.connect(transport));
    const { tools } = await client.listTools();
    const tokens = encode(JSON.stringify(tools)).length;
    return {
      method:
        `tools/list: ${tools.length} tools, ${tokens} tokens (o200k_base), goal ${TOKENS_GOAL}: ${tokens < TOKENS_GOAL ? "met" : "MISSED"}; ` +
        `inspect of ${TABLES} tables to JSON (${Math.round(text.length / 1000)} kB), median of ${ROUNDS}, in turns`,
      figures: [
        { what: "start of the server to the first answer", seconds: connect_s, peer: null, goal: null },
        await compared("inspect of a saved catalog over MCP", client, "schema.json", root),
        await compared("inspect of a SQL file over MCP", client, "schema.sql", root),
      ],
    };
  } finally {
    await client.close();
    rmSync(root, { recursive: true, force: true });
  }
}
