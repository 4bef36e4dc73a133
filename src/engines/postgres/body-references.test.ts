import { describe, expect, test } from "vitest";
import type { FunctionObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import { ref } from "../../model/ref.ts";
import { plainTable } from "../../model/table.test-data.ts";
import { bodyReferences } from "./body-references.ts";

const table = plainTable;

const routine = (schema: string, name: string, body: string, language = "sql"): FunctionObject => ({
  ...ref("function", name, { schema }),
  kind: "function",
  routine: "function",
  language,
  returns: "integer",
  securityDefiner: false,
  definition: `CREATE OR REPLACE FUNCTION ${schema}.${name}()\n RETURNS integer\n LANGUAGE ${language}\nAS ${body}`,
  comment: null,
  dependsOn: [],
});

const others = [
  table("public", "task"),
  table("public", "Odd Name"),
  table("s", "task"),
  table("s", "rare"),
  routine("public", "f", "$$ select 1 $$"),
];

function check(body: string, expected: readonly string[], language = "plpgsql"): void {
  const own = routine("public", "own", body, language);
  const view = viewOf(catalogOf({ name: "postgres", version: "18" }, [...others, own], []));
  expect(bodyReferences(own, view)).toEqual(expected);
}

describe("bodyReferences", () => {
  test.for([
    ["a table nearby", "$$ select 1 from task t where t.id = 1 $$", ["table public.task"]],
    ["by schema", "$$ select 1 from s.task $$", ["table s.task"]],
    ["by a name that only another schema has", "$$ select * from rare $$", ["table s.rare"]],
    ["quoted, case kept", `$f$ update "Odd Name" set x = 1 $f$`, ['table public."Odd Name"']],
    ["the other case is another name", `$f$ update "odd name" set x = 1 $f$`, []],
    ["a call and not a word", "$$ select f(1), f $$", ["function public.f"]],
    ["a word that is a function's, without parenthesis", "$$ select f $$", []],
    ["a table before its columns", "$$ insert into task (id) values (1) $$", ["table public.task"]],
    ["a column's type", "$$ declare x task.id%type; begin end $$", ["table public.task"]],
    ["dynamic SQL", "$$ begin execute 'truncate s.rare'; end $$", ["table s.rare"]],
    ["a string for a body", "'select '' '' from task'", ["table public.task"]],
    ["comments say nothing", "$$ -- from task\n /* s.rare /* task */ */ select 1 $$", []],
    ["itself", "$$ select own() $$", []],
    ["an end that never comes", "$$ select 'task", ["table public.task"]],
  ] as const)("%s", ([, body, expected]) => {
    check(body, expected);
  });

  test("languages that are not SQL are not read", () => {
    check("$$ select from task $$", [], "plpython3u");
  });
});
