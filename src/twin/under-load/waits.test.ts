import { expect, test } from "vitest";
import { heldUp } from "./waits.ts";

type Wait = readonly [number, string, number, readonly number[]];
const wait = (pid: number, ...blockers: readonly number[]): Wait => [pid, "", 1, blockers];

const CASES: readonly [name: string, waits: readonly Wait[], runner: number | null, held: readonly number[]][] = [
  ["nobody waits", [], 1, []],
  ["the runner is not known", [wait(2, 1)], null, []],
  ["one waits for it", [wait(2, 1), wait(3, 9)], 1, [2]],
  ["one waits for one that waits for it", [wait(3, 2), wait(2, 1)], 1, [2, 3]],
  ["it waits itself, and others behind it", [wait(1, 9), wait(2, 9, 1)], 1, [2]],
  ["two wait for each other", [wait(2, 3), wait(3, 2)], 1, []],
];

test.each(CASES)("%s", (_name, waits, runner, held) => {
  expect([...heldUp(waits, runner)].toSorted((a, b) => a - b)).toEqual(held);
});
