import { describe, expect, test } from "vitest";
import { readRequest } from "./request.ts";

const review = { query: "orders", operation: "review", source: "schema.sql" };
const request = (payload: unknown, parts: object = {}): string =>
  JSON.stringify({ requesting_agent: "backend", request_type: "get_database_context", payload, ...parts });

describe("a request", () => {
  test.each<[string, unknown, object]>([
    ["review", review, { operation: "review", source: "schema.sql", brief: null }],
    ["design from a path", { query: "x", operation: "design", brief: "a.yaml" }, { brief: { path: "a.yaml" } }],
    ["design from a text", { query: "x", operation: "design", brief: "name: a\n" }, { brief: { text: "name: a\n" } }],
    [
      "design from an object",
      { query: "x", operation: "design", brief: { name: "a" } },
      { brief: { text: '{\n  "name": "a"\n}' } },
    ],
    ["design about a source", { query: "x", operation: "design", source: "a.sql" }, { brief: null, source: "a.sql" }],
  ])("%s is read", (_, payload, expected) => {
    expect(readRequest(request(payload), "r.json")).toMatchObject(expected);
  });

  test("what it does not say comes from whoever runs it", () => {
    const asked = (operation: string, defaults: object): unknown =>
      readRequest(request({ query: "orders", operation }), "r.json", defaults);
    expect(asked("review", { source: "a.sql", brief: "b.yaml" })).toMatchObject({ source: "a.sql", brief: null });
    expect(asked("design", { brief: "b.yaml" })).toMatchObject({ source: null, brief: { path: "b.yaml" } });
    const own = readRequest(request({ query: "x", operation: "review", source: "own.sql" }), "r", { source: "a.sql" });
    expect(own.source).toBe("own.sql");
  });

  test.each<[string, string, RegExp]>([
    ["nothing", " ", /^r\.json: the request is empty\n {2}expected: \{"requesting_agent"/],
    ["no JSON", '{\n"requesting_agent": nobody', /^r\.json: the request is not JSON/],
    ["half a request", '{"requesting_agent":', /^r\.json: the request is not JSON/],
    ["a list", "[]", /the request is not an object/],
    ["nobody who asks", request(review, { requesting_agent: "" }), /requesting_agent is empty/],
    [
      "another type",
      request(review, { request_type: "get_database" }),
      /"get_database" is no request_type\n {2}expected: get_database_context/,
    ],
    ["no payload", request(undefined), /r\.json: payload: payload is missing/],
    ["a payload that is a text", request("review"), /payload is not an object/],
    ["no query", request({ ...review, query: undefined }), /payload: query is missing/],
    [
      "another operation",
      request({ ...review, operation: "reveiw" }),
      /"reveiw" is no operation[^]*did you mean review\?/,
    ],
    [
      "no operation",
      request({ ...review, operation: undefined }),
      /operation is missing\n {2}expected: design or review/,
    ],
    [
      "no source",
      request({ ...review, source: undefined }),
      /payload\.source: a review needs a source\n {2}expected: a postgres/,
    ],
    ["a source that is a number", request({ ...review, source: 3 }), /source is not a text/],
    ["a slip in a field", request({ ...review, sorce: "x" }), /there is no field "sorce"[^]*did you mean source\?/],
    ["a field of another protocol", request(review, { id: 1 }), /there is no field "id"/],
    ["neither brief nor source", request({ query: "x", operation: "design" }), /a design needs a brief/],
    ["a brief to review", request({ ...review, brief: "a.yaml" }), /a review takes no brief/],
    ["a brief that is a number", request({ query: "x", operation: "design", brief: 3 }), /brief is not a text/],
  ])("%s is one clear error", (_, text, expected) => {
    const error = ((): unknown => {
      try {
        return readRequest(text, "r.json");
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ exitCode: 2, problems: [expect.anything()] });
    expect((error as Error).message).toMatch(expected);
  });

  test("what a broken request holds is not repeated", () => {
    const error = ((): unknown => {
      try {
        return readRequest('{"payload":{"source":"postgres://me:hunter2@db/x"', "r.json");
      } catch (thrown) {
        return thrown;
      }
    })();
    expect((error as Error).message).not.toContain("hunter2");
  });
});
