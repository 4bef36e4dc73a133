import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../model/catalog.ts";
import { ref } from "../../model/ref.ts";
import { arbitraryCatalog } from "../arbitrary-catalog.test-data.ts";
import { base, catalogFrom, tableOf } from "../fixtures.test-data.ts";
import { HOSTILE, hostile, projectManagement } from "../samples.test-data.ts";
import { code, fenced, plain } from "./quote.ts";
import { writeMarkdown } from "./write.ts";

const OWN_TAGS = /^<(a id="[a-z0-9-]+"|\/a|br|code|\/code)>$/;

// What is neither inside a fence nor inside a code span: there a sign would be markup.
function markup(text: string): string {
  const lines: string[] = [];
  let fence: string | null = null;
  for (const line of text.split("\n")) {
    const mark: string | undefined = /^`{3,}/.exec(line)?.[0];
    if (fence === null && mark !== undefined) fence = mark;
    else if (fence !== null) fence = line === fence ? null : fence;
    else lines.push(line.replaceAll(/`[^`]*`/g, "`"));
  }
  expect(fence, "every fence is closed").toBeNull();
  return lines.join("\n");
}

/** Tables keep their shape, the only tags are the writer's own, and every link leads somewhere. */
function expectSound(catalog: Catalog): string {
  const text = writeMarkdown(catalog);
  const lines = markup(text).split("\n");
  let width = 0;
  for (const line of lines) {
    if (!line.startsWith("|")) {
      width = 0;
      continue;
    }
    const cells = line.split("|").length;
    if (width === 0) width = cells;
    if (cells !== width) expect.fail(`${cells} cells instead of ${width}: ${line}`);
  }
  for (const [tag] of lines.join("\n").matchAll(/<[^>]*>?/g)) expect(tag).toMatch(OWN_TAGS);
  const targets = new Set([...text.matchAll(/<a id="([a-z0-9-]+)"><\/a>/g)].map((match) => match[1]));
  for (const match of text.matchAll(/\]\(#([a-z0-9-]*)\)/g)) expect(targets).toContain(match[1]);
  return text;
}

describe("a sound document", () => {
  test.each([
    ["fifteen tables", projectManagement()],
    ["hostile names and texts", hostile()],
    ["nothing", catalogFrom([])],
  ])("%s", (_name, catalog) => {
    expectSound(catalog);
  });

  test("any catalog", () => {
    fc.assert(
      fc.property(arbitraryCatalog, (catalog) => void expectSound(catalog)),
      { numRuns: 300 },
    );
  });
});

describe("escapes", () => {
  test.each([
    ["a | b", "a &#124; b"],
    ["<b>&amp;</b>", "&#60;b&#62;&#38;amp;&#60;/b&#62;"],
    ["*x* [y](z) `c`", "&#42;x&#42; &#91;y&#93;(z) &#96;c&#96;"],
    ["snake_case _em_", "snake_case &#95;em&#95;"],
    ["one\r\ntwo", "one<br>two"],
    ["- item", "&#45; item"],
    ["1. item", "1&#46; item"],
    ["18.4", "18.4"],
    ["https://example.org @team", "https&#58;//example.org &#64;team"],
  ])("%j", (text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  test.each([
    ["a b", "`a b`"],
    ["a|b", "<code>a&#124;b</code>"],
    ["a`b", "<code>a&#96;b</code>"],
    ["a\nb", "`a b`"],
    ["", ""],
  ])("code %j", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test.each(HOSTILE)("a fence is longer than any inside: %j", (text) => {
    const block = fenced("sql", `${text}\n\`\`\`\`\n${text}`);
    expect(block.startsWith("`````sql\n")).toBe(true);
    expect(block.endsWith("\n`````")).toBe(true);
  });
});

describe("contents", () => {
  const text = expectSound(projectManagement());
  const from = text.indexOf("### public.task\n");
  const task = text.slice(from, text.indexOf('<a id="', from));

  test.each([
    "A piece of work",
    "Row security is enabled and forced for the owner.",
    "| `id` | `uuid` |  | `uuidv7()` | PK |",
    "| `due_on` | `date` | null |  |  |",
    "generated: `to_tsvector('simple'::regconfig, title)`",
    "| `tenant_id`, `assignee_id` | [public.member](#table-public-member) `tenant_id`, `id` | many to at most one | set null | no action | `task_tenant_id_assignee_id_fkey` |",
    "| [public.comment](#table-public-comment) | `tenant_id`, `task_id` | `comment_tenant_id_task_id_fkey` |",
    "| `task_title_check` | check | `CHECK ((length((title)::text) > 0))` |",
    "| `task_open` | btree | `tenant_id`, `due_on` descending | `(status <> 'done'::public.task_status)` |",
    "includes `title`",
    "| `task_tenant` | all | app |",
    "CREATE TRIGGER task_touch BEFORE UPDATE",
  ])("of a table: %s", (line) => {
    expect(task).toContain(line);
  });

  test.each([
    "| [public.task](#table-public-task) | 11 | A piece of work |",
    "| `public.task_status` | `to do`, `in-progress`, `done` | Where a task stands |",
    "| `public.time_entry_2026_01` | `public.time_entry` |",
    "| event trigger | `no_drop` |",
    "Partitioned by range of `started_at`, 1 partition.",
  ])("of the rest: %s", (line) => {
    expect(text).toContain(line);
  });

  test("a table called like its schema and another do not share an anchor", () => {
    const table = (schema: string, name: string) => tableOf(name, { table: { schema }, columns: ["x: text"] });
    expect(expectSound(catalogFrom([table("a", "b-c"), table("a-b", "c")]))).toContain('<a id="table-a-b-c-2"></a>');
  });

  test("views, domains, functions, sequences and extensions have their sections", () => {
    const where = { schema: "public" };
    const document = expectSound(
      catalogFrom([
        {
          ...ref("view", "open_task", where),
          ...base,
          kind: "view",
          materialised: true,
          columns: [{ name: "id", type: "uuid" }],
          definition: "SELECT ```",
          options: {},
        },
        {
          ...ref("domain", "year", where),
          ...base,
          kind: "domain",
          type: "integer",
          collation: null,
          default: null,
          notNull: true,
          checks: [{ name: "c", definition: "CHECK (VALUE > 0 || 1)", validated: true }],
        },
        {
          ...ref("function", "f", { ...where, signature: "a integer" }),
          ...base,
          kind: "function",
          routine: "function",
          language: "sql",
          returns: "integer",
          securityDefiner: true,
          definition: "CREATE …",
        },
        { ...ref("extension", "citext", where), ...base, kind: "extension", version: "1.6" },
      ]),
    );
    for (const line of [
      "Materialised.",
      "````sql",
      "<code>CHECK (VALUE &#62; 0 &#124;&#124; 1)</code>",
      "`public.f(a integer)`",
      "definer",
      "| `citext` | 1.6 |",
    ]) {
      expect(document).toContain(line);
    }
  });
});
