import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { confirmer } from "./confirm.ts";

function terminal(isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  return { input, output };
}

async function check(typed: string, question = "rename?"): Promise<{ answer: boolean; shown: string }> {
  const { input, output } = terminal();
  const ask = confirmer({ input, output }, new AbortController().signal, () => {});
  const answer = ask?.(question);
  input.write(typed);
  if (!typed.includes("\n")) input.end();
  return { answer: (await answer) ?? false, shown: String(output.read()) };
}

test.each([
  ["y\n", true],
  ["YES\n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
  ["", false],
])("%j", async (typed, answer) => {
  expect((await check(typed)).answer).toBe(answer);
});

test("a name's control characters do not reach the terminal", async () => {
  const { shown } = await check("y\n", "is \u001b[2Ja now b?");
  expect(shown).toContain("is  [2Ja now b? [y/N]");
});

test("nobody is asked where there is no terminal, and nothing after the command was stopped", async () => {
  expect(confirmer(terminal(false), new AbortController().signal, () => {})).toBeUndefined();
  const controller = new AbortController();
  const ask = confirmer(terminal(), controller.signal, () => {});
  const answer = ask?.("rename?");
  controller.abort(new Error("stopped"));
  await expect(answer).rejects.toThrow("stopped");
});
