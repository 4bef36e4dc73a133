import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const cli = fileURLToPath(new URL("../../dist/cli", import.meta.url));

// The command line is bundled, and a module's own URL put in its place; a text that we write for others is no such URL.
test("programs written for others keep their own import.meta.url", () => {
  const texts = readdirSync(cli)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(`${cli}/${name}`, "utf8"));
  const writer = texts.find((text) => text.includes("./schema.cases.json"));
  expect(writer).toMatch(/new URL\("\.\/schema\.cases\.json", import\.meta\.url\)/);
});
