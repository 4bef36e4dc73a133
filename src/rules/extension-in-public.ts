import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** An extension among the project's own objects. It works; the reasons against it are order and name clashes. */
export const extensionInPublic: Rule = rule({
  id: "extension-in-public",
  area: "security",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["splinter:0014"],
  summary: "An extension is installed in the schema public.",
  why: "Its functions stand among the project's own: an API over the schema offers them to its callers, generators make code of them, and a name of an update may clash with one of yours.",
  remedy:
    "CREATE EXTENSION … WITH SCHEMA extensions, with that schema on the search_path; one that is relocatable moves with ALTER EXTENSION … SET SCHEMA.",
  fails: ["CREATE EXTENSION citext WITH SCHEMA public;", "CREATE EXTENSION pg_trgm;"],
  passes: [
    "CREATE SCHEMA extensions; CREATE EXTENSION citext WITH SCHEMA extensions;",
    "CREATE TABLE task (id bigint);",
  ],
  *check({ view }) {
    for (const extension of view.of("extension")) {
      if (extension.schema !== "public") continue;
      yield { ref: extension, message: `extension ${extension.name} is installed in schema public` };
    }
  },
});
