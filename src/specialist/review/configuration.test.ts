import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBaseline, writeBaseline } from "./baseline.ts";
import { readConfiguration } from "./configuration.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dbwright-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const RULES = ["no-primary-key", "char-n-type"];
const read = (named?: string, cwd = folder) => readConfiguration(cwd, named, RULES);

describe("a configuration is found and read", () => {
  test.each([
    ["dbwright.config.yaml", "failOn: warning\nrules:\n  char-n-type: off\n"],
    ["dbwright.config.yml", "failOn: warning\nrules: { char-n-type: off }\n"],
    ["dbwright.config.json", '{"failOn":"warning","rules":{"char-n-type":"off"}}'],
    [
      "dbwright.config.ts",
      'const failOn: string = "warning";\nexport default { failOn, rules: { "char-n-type": "off" } };\n',
    ],
    ["dbwright.config.mjs", 'export default { failOn: "warning", rules: { "char-n-type": "off" } };\n'],
    ["dbwright.config.js", 'module.exports = { failOn: "warning", rules: { "char-n-type": "off" } };\n'],
  ])("%s, from a folder below", async (name, text) => {
    put(name, text);
    put("a/b/x", "");
    const { settings, file } = await read(undefined, join(folder, "a/b"));
    expect(settings).toEqual({ failOn: "warning", rules: { "char-n-type": "off" } });
    expect(file).toBe(join("../..", name));
  });

  test("the nearest counts, and none is fine", async () => {
    put("dbwright.config.yaml", "failOn: info");
    put("a/dbwright.config.json", '{"failOn":"never"}');
    expect((await read(undefined, join(folder, "a"))).settings.failOn).toBe("never");
  });

  test("an empty one says nothing", async () => {
    put("dbwright.config.yaml", "# nothing yet\n");
    expect((await read()).settings).toEqual({});
  });
});

describe("a configuration that says what cannot be is refused, with its place", () => {
  test.each([
    ["failon: error", /dbwright\.config\.yaml: failon: unknown key "failon"[\s\S]*did you mean failOn\?/],
    ["failOn: warnin", /: failOn: "warnin" is not one of the words[\s\S]*did you mean warning\?/],
    ["rules: { no-primary-kye: off }", /there is no rule "no-primary-kye"[\s\S]*did you mean no-primary-key\?/],
    ["rules: { char-n-type: of }", /: rules\.char-n-type: "of" is no setting of a rule[\s\S]*did you mean off\?/],
    [
      "rules: { char-n-type: { severty: info } }",
      /: rules\.char-n-type\.severty: unknown key[\s\S]*did you mean severity\?/,
    ],
    ["rules: { char-n-type: { severity: bad } }", /: rules\.char-n-type\.severity: "bad" is not one of the words/],
    [
      "rules: { char-n-type: { ignore: [{ object: public.t }] } }",
      /: rules\.char-n-type\.ignore\.0\.reason: it is missing/,
    ],
    ["rules: { char-n-type: { ignore: [{ object: public.t, reason: '  ' }] } }", /ignore\.0\.reason/],
    ["tenantColumn: 3", /: tenantColumn: 3 does not fit/],
    ["classified: [a]", /: classified: a list does not fit/],
    ["- a", /: a list does not fit/],
    ["a: b: c", /it is no YAML/],
  ])("%s", async (text, message) => {
    put("dbwright.config.yaml", text);
    await expect(read()).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });

  test.each([
    ["dbwright.config.json", "{", /it is no JSON/],
    ["dbwright.config.ts", "throw new Error('no');", /it cannot be run: no/],
    ["dbwright.config.ts", "export const a = 1;", /unknown key "a"|expected/],
  ])("%s with %s", async (name, text, message) => {
    put(name, text);
    await expect(read()).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });

  test("two in one folder", async () => {
    put("dbwright.config.json", "{}");
    put("dbwright.config.ts", "export default {};");
    await expect(read()).rejects.toThrow("there are 2 configurations");
    expect((await read("dbwright.config.json")).settings).toEqual({});
  });

  test("one that is named and not there", async () => {
    put("review.json", "{}");
    await expect(read("reviw.json")).rejects.toThrow("did you mean review.json?");
    put("review.toml", "");
    await expect(read("review.toml")).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("a baseline", () => {
  test("is the same for the same findings, whatever their order", async () => {
    await writeBaseline(folder, "a.json", ["b@x", "a@y", "b@x"]);
    expect(await readBaseline(folder, "a.json")).toEqual(new Set(["a@y", "b@x"]));
    await writeBaseline(folder, "b.json", ["a@y", "b@x"]);
    expect(await readBaseline(folder, "b.json")).toEqual(new Set(["a@y", "b@x"]));
  });

  test.each([
    ["none.json", null, /no such baseline[\s\S]*--write-baseline none\.json/],
    ["a.json", "{", /no JSON/],
    ["a.json", '{"findings":[]}', /a\.json: format/],
    ["a.json", '{"format":"dbwright.baseline","version":1,"findings":[1]}', /findings\.0/],
  ])("%s with %s is refused", async (name, text, message) => {
    if (text !== null) put(name, text);
    await expect(readBaseline(folder, name)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test("that cannot be written is the environment's fault", async () => {
    await expect(writeBaseline(folder, "no/such/a.json", [])).rejects.toMatchObject({ exitCode: 3 });
  });
});
