import { describe, expect, test } from "vitest";
import { invalid, unavailable } from "../../model/error.ts";
import { Interrupted } from "./environment.ts";
import { reportError } from "./report-error.ts";
import { styleFor } from "./style.ts";

const style = styleFor({}, false);
const system = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code, path: "/some/file" });

describe("errors for a person", () => {
  test.each<[string, unknown, number, string]>([
    [
      "input",
      invalid({ what: "no such field", where: "a.yaml:3:5 entities", expected: "fields", mend: "rename it" }),
      2,
      "error: a.yaml:3:5 entities: no such field\n  expected: fields\n  to mend it: rename it",
    ],
    ["environment", unavailable({ what: "cannot connect" }), 3, "error: cannot connect"],
    ["full disk", system("ENOSPC"), 3, "error: /some/file: the disk is full"],
    ["permission", system("EACCES"), 3, "error: /some/file: permission denied"],
    [
      "a deleted current directory",
      Object.assign(new Error("ENOENT: uv_cwd"), { code: "ENOENT", syscall: "uv_cwd" }),
      3,
      "error: the current directory is not there any more",
    ],
    [
      "a session that was ended",
      Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" }),
      3,
      "error: the connection to the database server was lost: terminating connection due to administrator command",
    ],
    [
      "a connection that is gone",
      new Error("Client has encountered a connection error and is not queryable"),
      3,
      "error: the connection to the database server was lost: Client has encountered a connection error and is not queryable",
    ],
    ["Ctrl-C", new Interrupted("SIGINT"), 130, "stopped: nothing was left half done"],
    [
      "a defect",
      new TypeError("x is not a function"),
      3,
      "error: this is a defect of dbwright: x is not a function\n  to mend it: run again with --debug and report what it prints",
    ],
  ])("%s", (_, error, exitCode, text) => {
    expect(reportError(error, style, false)).toMatchObject({ text, exitCode });
  });

  test("a program gets the parts, without a stack", () => {
    const problem = { what: "no such field", where: "a.yaml:3:5", mend: "rename it" };
    expect(reportError(invalid(problem), style, true).problems).toEqual([problem]);
    expect(JSON.stringify(reportError(new TypeError("x"), style, true).problems)).not.toContain("report-error");
  });

  test("the stack shows only with --debug", () => {
    expect(reportError(new TypeError("x"), style, true).text).toContain("report-error.test.ts");
    expect(reportError(invalid({ what: "x" }), style, true).text).toContain("report-error.test.ts");
  });
});
