import { camelCase, kebabCase, UnusableName } from "./scaffold.ts";
import type { NewFile, Scaffold } from "./scaffold.ts";

const sourceOf = (name: string): string => `import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Say here what it looks for, and where the idea or the threshold comes from. */
export const ${camelCase(name)}: Rule = rule({
  id: "${kebabCase(name)}",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: [],
  summary: "A table has no comment.",
  why: "Say by which mechanism it hurts: who reads, locks, scans or loses what.",
  remedy: "Say what to do.",
  fails: ["CREATE TABLE task (id bigint PRIMARY KEY);"],
  passes: ["CREATE TABLE task (id bigint PRIMARY KEY); COMMENT ON TABLE task IS 'A piece of work.';"],
  *check({ view }) {
    for (const { table } of view.tables) {
      if (table.comment !== null) continue;
      yield { ref: table, message: \`\${table.name} has no comment\` };
    }
  },
});
`;

// One for all rules: their documented examples are tests.
const EXAMPLES_TEST = `import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { viewOf } from "../model/catalog-view.ts";
import { openServer } from "../twin/server/open.ts";
import { playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { TwinServer } from "../twin/server.ts";
import { RULES } from "./registry.ts";
import { review } from "./review.ts";
import type { Rule } from "./rule.ts";

/*
 * The documented examples of every rule, run on a real server: each of \`fails\` fires its rule, each of
 * \`passes\` does not.
 */

const place = playground();
let server: TwinServer | null = null;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server?.close();
  place.remove();
});

// How often the rule fires on a database made by \`ddl\`.
async function findings(rule: Rule, ddl: string): Promise<number> {
  if (server === null) throw new Error("the server did not start");
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  try {
    await session.execute(ddl);
    const view = viewOf(await introspect(session));
    const settings = { tenantColumn: null, classified: {} };
    const result = review([rule], { view, dialect: postgres, statistics: null, settings });
    expect(result.failed).toEqual([]);
    return result.findings.length;
  } finally {
    await session.close();
    await database.drop();
  }
}

describe.each(RULES.filter((rule) => rule.needsStatistics !== true).map((rule) => [rule.id, rule] as const))(
  "%s",
  (_id, rule) => {
    test("is shown to fail and to pass", () => {
      expect(rule.fails.length).toBeGreaterThan(0);
      expect(rule.passes.length).toBeGreaterThan(0);
    });

    test.each(rule.fails)("fires on %s", async (ddl) => {
      expect(await findings(rule, ddl)).toBeGreaterThan(0);
    });

    test.each(rule.passes)("is silent on %s", async (ddl) => {
      expect(await findings(rule, ddl)).toBe(0);
    });
  },
);
`;

/** A rule, whose documented examples are its tests; the first rule brings the file that runs them. */
export const newRule: Scaffold = {
  argument: "NAME",
  about: "a check of a schema: what is wrong, why it hurts, what to do",
  files: (name, repository): readonly NewFile[] => {
    if (["rule", "review", "registry", "examples"].includes(kebabCase(name))) {
      throw new UnusableName(`"${name}" is taken by the machinery of the rules`);
    }
    const test = "src/rules/examples.test.ts";
    return [
      { path: `src/rules/${kebabCase(name)}.ts`, text: sourceOf(name) },
      ...(repository.exists(test) ? [] : [{ path: test, text: EXAMPLES_TEST }]),
    ];
  },
  next: [
    "give examples that fail and pass, hostile names among them: npx vitest run src/rules",
    "name the same rule in other tools under `equivalents`",
    "offer fixes made of changes, never of SQL",
  ],
};
