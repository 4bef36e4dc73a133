import { describe, expect, test } from "vitest";
import { checkProcesses, checkSockets, checkSurroundings } from "./tidy/absences.ts";
import { checkCycles } from "./tidy/cycles.ts";
import { checkDocComments } from "./tidy/doc-comments.ts";
import { checkLayers } from "./tidy/layers.ts";
import { checkNames, checkTestPlaces } from "./tidy/names.ts";
import { readRepository } from "./tidy/repository.ts";
import { checkSize } from "./tidy/size.ts";
import type { Tree } from "./tidy/tree.ts";
import { violationText } from "./tidy/violation.ts";
import type { Violation } from "./tidy/violation.ts";
import { checkDecisionRecords, checkLinks, checkWords } from "./tidy/words.ts";

const tree = readRepository();

const INVARIANTS: readonly (readonly [string, (tree: Tree) => Violation[]])[] = [
  ["imports follow the layers, and the pure layers do no I/O", checkLayers],
  ["no file imports itself by any way", checkCycles],
  ["only drivers open sockets", checkSockets],
  ["only twin and operate start processes", checkProcesses],
  ["nothing below surfaces prints, reads its surroundings, or exits", checkSurroundings],
  ["files and functions are short, or say why not", checkSize],
  ["names tell what is inside", checkNames],
  ["tests stand beside their source", checkTestPlaces],
  ["exports have doc comments", checkDocComments],
  ["no word of one machine, one registry, or unfinished work", checkWords],
  ["links between pages lead somewhere", checkLinks],
  ["decision records are numbered and whole", checkDecisionRecords],
];

describe("the house is tidy", () => {
  test("the whole of src was read and parsed", () => {
    expect(tree.sources.some((file) => file.path === "src/model/catalog.ts")).toBe(true);
    const unparsed = tree.sources.filter((file) => file.parseErrors.length > 0).map((file) => file.path);
    expect(unparsed).toEqual([]);
  });

  test.each(INVARIANTS)("%s", (_name, check) => {
    const violations = check(tree);
    if (violations.length > 0) expect.fail(`\n${violations.map(violationText).join("\n")}\n`);
  });
});
