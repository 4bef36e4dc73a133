import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prepareFolder, readManifest, writeProject } from "./write.ts";
import type { ProjectFile } from "./write.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "dbwright-project-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const options = { overwrite: false, today: "2026-03-01", stamp: "20260301120000" };
const file = (path: string, text: string): ProjectFile => ({ path, text });
const outcomes = async (files: readonly ProjectFile[], overwrite = false): Promise<Record<string, string>> => {
  const written = await writeProject(dir, files, { ...options, overwrite });
  return Object.fromEntries(written.map((one) => [one.path, one.outcome]));
};
const text = (path: string): Promise<string> => readFile(join(dir, path), "utf8");

describe("writing a project", () => {
  test("new files are written whole, with nothing beside them", async () => {
    expect(await outcomes([file("a.sql", "one"), file("sub/b.md", "two")])).toEqual({
      "a.sql": "written",
      "sub/b.md": "written",
    });
    expect(await text("sub/b.md")).toBe("two");
    expect((await readdir(dir, { recursive: true })).toSorted()).toEqual([
      ".dbwright",
      ".dbwright/manifest.json",
      "a.sql",
      "sub",
      "sub/b.md",
    ]);
  });

  test("a second run changes nothing; a changed design updates what nobody edited", async () => {
    await outcomes([file("a", "1"), file("b", "1")]);
    expect(await outcomes([file("a", "1"), file("b", "1")])).toEqual({ a: "unchanged", b: "unchanged" });
    expect(await outcomes([file("a", "1"), file("b", "2")])).toEqual({ a: "unchanged", b: "updated" });
  });

  test("an edited file is kept until it is asked for", async () => {
    await outcomes([file("a", "1")]);
    await writeFile(join(dir, "a"), "mine");
    expect(await outcomes([file("a", "2")])).toEqual({ a: "kept" });
    expect(await text("a")).toBe("mine");
    // Still kept in the third run: being kept once is no permission.
    expect(await outcomes([file("a", "2")])).toEqual({ a: "kept" });
    expect(await outcomes([file("a", "2")], true)).toEqual({ a: "overwritten" });
    expect(await text("a")).toBe("2");
    expect(await outcomes([file("a", "3")])).toEqual({ a: "updated" });
  });

  test("a file that was there before is a person's", async () => {
    await writeFile(join(dir, "a"), "theirs");
    expect(await outcomes([file("a", "1")])).toEqual({ a: "kept" });
    expect(await text("a")).toBe("theirs");
  });

  test("a run that ended between the files and the manifest is not taken for an edit", async () => {
    await outcomes([file("a", "1")]);
    const before = await readManifest(dir);
    // A name that leaves no room for the staging suffix ends the run after the first file.
    await expect(writeProject(dir, [file("a", "2"), file("n".repeat(250), "x")], options)).rejects.toThrow(
      /ENAMETOOLONG/,
    );
    expect(await text("a")).toBe("2");
    expect(await readManifest(dir)).not.toEqual(before);
    expect(await outcomes([file("a", "3")])).toEqual({ a: "updated" });
  });

  test("the first day and time are remembered", async () => {
    expect(await readManifest(dir)).toBeNull();
    await outcomes([file("a", "1")]);
    expect(await readManifest(dir)).toMatchObject({ today: "2026-03-01", stamp: "20260301120000" });
  });

  test("a damaged manifest is named", async () => {
    await outcomes([file("a", "1")]);
    await writeFile(join(dir, ".dbwright/manifest.json"), '{"format": 7}');
    await expect(readManifest(dir)).rejects.toThrow(/manifest\.json: the manifest is damaged[\s\S]*delete it/);
  });

  test("a folder that cannot be made is named before any work", async () => {
    await writeFile(join(dir, "taken"), "");
    await expect(prepareFolder(join(dir, "taken"))).rejects.toThrow(/taken: .*a file is in the way[\s\S]*--out/);
    await expect(prepareFolder(join(dir, "taken", "below"))).rejects.toThrow(/a file is in the way/);
  });
});
