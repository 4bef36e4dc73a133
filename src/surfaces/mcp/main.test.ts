import { once } from "node:events";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "gpt-tokenizer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACTIONS } from "../../actions/registry.ts";
import { eventually, playground, remains, ROOT, runs } from "../../twin/server/testing.test-data.ts";
import { connected, ran, ranScript, startDoomedClient } from "./client.test-data.ts";
import type { Connection } from "./client.test-data.ts";

/*
 * A real client against the command line over standard input and output. Most calls go to one server, as in life.
 */

const place = playground();
const root = join(place.temporary, "project");
let connection: Connection;

beforeAll(async () => {
  mkdirSync(join(root, "inner"), { recursive: true });
  writeFileSync(join(root, "schema.sql"), "create table person (id bigint primary key, name text not null);");
  writeFileSync(join(root, "broken.sql"), "create table person (id bigint, oops notatype);");
  copyFileSync(join(ROOT, "examples/blog.yaml"), join(root, "brief.yaml"));
  writeFileSync(join(place.temporary, "outside.sql"), "create table secret (id int primary key);");
  symlinkSync(join(place.temporary, "outside.sql"), join(root, "link.sql"));
  connection = await connected(["--root", root], place);
});
afterAll(async () => {
  await connection.client.close();
  await eventually("the server has ended", () => !runs(connection.pid));
  place.remove();
});

interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>> | undefined;
}

async function call(name: string, given: Record<string, unknown>, from: Connection = connection): Promise<Answer> {
  const result = await from.client.callTool({ name, arguments: given });
  const [first] = result.content;
  return {
    isError: result.isError === true,
    text: first?.type === "text" ? first.text : "",
    value: result.structuredContent as Answer["value"],
  };
}

describe("tools/list", () => {
  test("offers every action that destroys nothing, in few tokens", async () => {
    const { tools } = await connection.client.listTools();
    const persons = ["migrate baseline", "migrate pause", "migrate squash", "twin"];
    const offered = ACTIONS.filter(({ name, effect }) => effect !== "destroys" && !persons.includes(name)).map(
      ({ name }) => name.replaceAll(/[ -]/g, "_"),
    );
    expect(tools.map(({ name }) => name)).toEqual(offered);
    expect(tools.length).toBeLessThanOrEqual(15);
    expect(encode(JSON.stringify(tools)).length).toBeLessThan(4_800);
    for (const { description = "", inputSchema } of tools) {
      expect(description).not.toBe("");
      for (const property of Object.values(inputSchema.properties ?? {}))
        expect(property).toHaveProperty("description");
    }
  });

  test("annotations say what the effect is, and a tool that reads has nowhere to write", async () => {
    const { tools } = await connection.client.listTools();
    const inspect = tools.find(({ name }) => name === "inspect");
    expect(inspect?.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false, idempotentHint: true });
    expect(inspect?.inputSchema.required).toEqual(["source"]);
    const design = tools.find(({ name }) => name === "design");
    expect(design?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
    expect(design?.inputSchema.properties).toHaveProperty("out");
    for (const { annotations, inputSchema } of tools) {
      const names = Object.keys(inputSchema.properties ?? {});
      expect(names.filter((key) => ["twin", "config"].includes(key))).toEqual([]);
      if (annotations?.readOnlyHint === true) expect(names.filter((key) => /^out$|^write/.test(key))).toEqual([]);
    }
  });
});

describe("tools/call", () => {
  test("a result is a value and a text, and progress only grows", async () => {
    const steps: number[] = [];
    const result = await connection.client.callTool(
      { name: "inspect", arguments: { source: "schema.sql", to: "markdown" } },
      { onprogress: ({ progress }) => steps.push(progress) },
    );
    expect(result.isError).not.toBe(true);
    expect(result.structuredContent).toMatchObject({ source: "sql", catalogSummary: { kinds: { table: 1 } } });
    expect(JSON.stringify(result.content)).toContain("person");
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
  });

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a value of another kind", "inspect", { source: 3 }, /inspect source: it is not a text/],
    [
      "an unknown choice",
      "inspect",
      { source: "schema.sql", to: "xml" },
      /inspect to: "xml" is not known here\n {2}expected: one of sql, json/,
    ],
    ["an unknown argument", "inspect", { source: "schema.sql", sql: "drop table x" }, /sql: there is no such argument/],
    ["a missing argument", "inspect", {}, /inspect source/],
    ["an output of a tool that reads", "inspect", { source: "schema.sql", out: "x" }, /out: there is no such argument/],
    ["an unknown tool", "drop_everything", {}, /there is no such tool\n {2}expected: .*inspect/],
    ["a source that is not there", "inspect", { source: "shema.sql" }, /did you mean schema.sql/],
    ["SQL that the server refuses", "inspect", { source: "broken.sql" }, /notatype/],
    [
      "an option in its own words",
      "inspect",
      { source: "schema.sql", engine: "oracle" },
      /^engine: "oracle" is no engine/,
    ],
  ])("%s is a tool error", async (_, name, given, expected) => {
    const { isError, text } = await call(name, given);
    expect(text).toMatch(expected);
    expect(isError).toBe(true);
    expect(text).not.toMatch(/\n\s+at /);
  });

  const requestFor = (source: string): string =>
    JSON.stringify({
      requesting_agent: "backend",
      request_type: "get_database_context",
      payload: { query: "person", operation: "review", source },
    });

  test("a request of another agent is answered; the source in it may not leave the root either", async () => {
    const { isError, value } = await call("ask", { request: requestFor("schema.sql") });
    expect(isError).toBe(false);
    expect(value).toMatchObject({ database_response: { current_schema: { tables: [{ name: "public.person" }] } } });
    const outside = await call("ask", { request: requestFor("../outside.sql") });
    expect(outside.text).toMatch(/^the request: payload\.source: "\.\.\/outside\.sql" is outside/);
    const bare = await call("ask", {});
    expect(bare.text).toMatch(/standard input carries the protocol/);
    expect([outside.isError, bare.isError]).toEqual([true, true]);
  });

  test("a review is a report, and takes no configuration from a client", async () => {
    const { isError, value } = await call("review", { source: "schema.sql" });
    expect(isError).toBe(false);
    expect(value).toMatchObject({ findings: [], summary: { failed: [] } });
    const refused = await call("review", { source: "schema.sql", config: "evil.ts", writeBaseline: "x" });
    expect(refused.text).toMatch(/review config: there is no such argument[^]*review writeBaseline: there is no such/);
  });

  test("a password in a source is not repeated", async () => {
    const { isError, text } = await call("inspect", { source: "postgres://me:hunter2@127.0.0.1:1/db" });
    expect(isError).toBe(true);
    expect(text).toContain("cannot connect");
    expect(text).not.toContain("hunter2");
  });

  test.each<[string, Record<string, unknown>]>([
    ["inspect", { source: "../outside.sql" }],
    ["inspect", { source: join(place.temporary, "outside.sql") }],
    ["inspect", { source: "link.sql" }],
    ["inspect", { source: "inner/../../outside.sql" }],
    ["inspect", { source: "git:HEAD:outside.sql" }],
    ["inspect", { source: "git:HEAD:./../outside.sql" }],
    ["inspect", { source: "sqlite:../outside.db" }],
    ["inspect", { source: "sqlite:///etc/outside.db" }],
    ["inspect", { source: "file:///etc/passwd" }],
    ["inspect", { source: "postgres://localhost/x?sslkey=/etc/passwd" }],
    ["inspect", { source: '{"/../../outside.sql' }],
    ["design", { brief: "../brief.yaml" }],
    ["design", { brief: "brief.yaml", out: ".." }],
    ["design", { brief: "brief.yaml", out: "/tmp" }],
  ])("%s %j leaves the root", async (name, given) => {
    const { isError, text } = await call(name, given);
    expect(text).toMatch(/is outside the folder that this server was started for/);
    expect(isError).toBe(true);
  });

  test("with --allow-outside it may; a client of the 2026 revision is served, too", async () => {
    const other = await connected(["--root", root, "--allow-outside"], place, "modern");
    try {
      const { isError, value } = await call("inspect", { source: "../outside.sql" }, other);
      expect(isError).toBe(false);
      expect(value).toMatchObject({ catalogSummary: { kinds: { table: 1 } } });
    } finally {
      await other.client.close();
    }
    await eventually("the server has ended", () => !runs(other.pid));
  });
});

describe("a client that goes", () => {
  const design = { name: "design", arguments: { brief: "brief.yaml", out: "made" } };
  const scratchServers = (): readonly string[] => remains(place).filter((what) => what.startsWith("process"));
  const started = (): Promise<void> => eventually("a scratch server runs", () => scratchServers().length > 0);
  const nothingLeft = (pid: number | null): Promise<void> =>
    eventually("nothing is left", () => remains(place).length === 0 && (pid === null || !runs(pid)));

  test("cancels a design: the server answers the next call, and its scratch server is gone", async () => {
    const controller = new AbortController();
    const cancelled = connection.client.callTool(design, { signal: controller.signal });
    cancelled.catch(() => {});
    await started();
    controller.abort("enough");
    await expect(cancelled).rejects.toThrow("enough");
    await nothingLeft(null);
    expect((await call("inspect", { source: "schema.sql" })).isError).toBe(false);
    expect(connection.said()).toBe("");
  });

  test("closes in the middle of a design: nothing is left", async () => {
    const other = await connected(["--root", root], place);
    const left = other.client.callTool(design).catch((error: unknown) => error);
    await started();
    await other.client.close();
    expect(await left).toBeInstanceOf(Error);
    await nothingLeft(other.pid);
  });

  test("is killed in the middle of a design: nothing is left", async () => {
    const doomed = startDoomedClient(["--root", root], place, design);
    try {
      const [line] = (await once(doomed.stdout!, "data")) as [Buffer];
      const pid = Number(line.toString());
      await started();
      expect(runs(pid)).toBe(true);
      doomed.kill("SIGKILL");
      await nothingLeft(pid);
    } finally {
      doomed.kill("SIGKILL");
    }
  });
});

describe("on the command line", () => {
  test("a root that is no folder is refused at the start", () => {
    const { status, stdout, stderr } = ran(["mcp", "--root", join(root, "schema.sql")], place);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/--root .*schema\.sql: it is not a folder\n {2}expected: the folder/);
  });

  test("a client that never comes is no error", () => {
    expect(ran(["mcp", "--root", root], place)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("the overview lists it, and its help says how it is used", () => {
    expect(ran(["--help"], place).stdout).toMatch(/^ {2}mcp .* MCP tools/m);
    for (const words of [
      ["mcp", "--help"],
      ["help", "mcp"],
    ])
      expect(ran(words, place).stdout).toContain("--allow-outside");
  });

  test("what anything else prints stays out of the protocol", () => {
    const streams = JSON.stringify(new URL("streams.ts", import.meta.url).href);
    const script = `
      const { protocolStreams } = await import(${streams});
      const { output } = protocolStreams();
      console.log("a library");
      process.stdout.write("another\\n");
      output.write("the protocol\\n");
      process.stdin.destroy();`;
    const { stdout, stderr } = ranScript(script, place);
    expect({ stdout, stderr }).toEqual({ stdout: "the protocol\n", stderr: "a library\nanother\n" });
  });
});
