import { camelCase, kebabCase, pascalCase, UnusableName, wordsOf } from "./scaffold.ts";
import type { Edit, Scaffold } from "./scaffold.ts";

// The columns of the system catalogs begin with a prefix of their own.
const PREFIXES: Readonly<Record<string, string>> = {
  cast: "cast",
  collation: "coll",
  conversion: "con",
  "event-trigger": "evt",
  "foreign-data-wrapper": "fdw",
  "foreign-server": "srv",
  language: "lan",
  operator: "opr",
  publication: "pub",
  subscription: "sub",
};

const kindOf = (name: string): string => kebabCase(name);
const typeOf = (name: string): string => `${pascalCase(name)}Object`;

function sourceOf(name: string): string {
  const [kind, sql] = [kindOf(name), wordsOf(name).join(" ").toUpperCase()];
  const catalog = `pg_${wordsOf(name).join("_")}`;
  const column = `${PREFIXES[kind] ?? ""}name`;
  return `import { ref, refKey } from "../../../model/ref.ts";
import { commentOn, ident, statement } from "../print.ts";
import { objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly class: number;
  readonly oid: number;
  readonly name: string;
  readonly comment: string | null;
}

/** Say here what it is, what it depends on, and what of it is not modelled. */
export const ${camelCase(name)}: ObjectKind<"${kind}"> = objectKind<"${kind}", Row>({
  kind: "${kind}",
  query: () => \`
    select o.tableoid as class, o.oid, o.${column} as name, d.description as comment
    from ${catalog} o
    left join pg_description d on d.classoid = o.tableoid and d.objoid = o.oid and d.objsubid = 0
    where $1::text[] is null and o.oid >= 16384 and not exists (
      select from pg_depend e where e.classid = o.tableoid and e.objid = o.oid and e.deptype = 'e')\`,
  read(row, reading) {
    const own = ref("${kind}", row.name);
    reading.identify(row.class, row.oid, refKey(own));
    return { ...own, kind: "${kind}", comment: row.comment, dependsOn: [] };
  },
  create: (object) => [
    statement(\`CREATE ${sql} \${ident(object.name)}\`),
    ...commentOn(\`${sql} \${ident(object.name)}\`, object.comment),
  ],
  drop: (object) => [statement(\`DROP ${sql} \${ident(object.name)}\`)],
});
`;
}

function testOf(name: string): string {
  const kind = kindOf(name);
  return `import { afterAll, beforeAll, expect, test } from "vitest";
import type { ${typeOf(name)} } from "../../../model/catalog.ts";
import { catalogOf, viewOf } from "../../../model/catalog-view.ts";
import { ref } from "../../../model/ref.ts";
import { openServer } from "../../../twin/server/open.ts";
import { playground, requestFor } from "../../../twin/server/testing.test-data.ts";
import type { TwinServer } from "../../../twin/server.ts";
import { postgres } from "../dialect.ts";
import { introspect } from "../introspect.ts";

const place = playground();
let server: TwinServer | null = null;

beforeAll(async () => {
  server = await openServer(requestFor(place.cacheDir));
});

afterAll(async () => {
  await server?.close();
  place.remove();
});

// What is printed is run in an empty database, read again and compared; then its removal is run.
async function check(object: ${typeOf(name)}): Promise<void> {
  if (server === null) throw new Error("the server did not start");
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  try {
    const catalog = catalogOf({ name: "postgres", version: "18" }, [object]);
    for (const { sql } of postgres.create(catalog)) await session.execute(sql);
    expect(viewOf(await introspect(session)).of("${kind}")).toEqual([object]);
    for (const { sql } of postgres.drop(catalog)) await session.execute(sql);
    expect(viewOf(await introspect(session)).of("${kind}")).toEqual([]);
  } finally {
    await session.close();
    await database.drop();
  }
}

const sample = (name: string, comment: string | null): ${typeOf(name)} => ({
  ...ref("${kind}", name),
  kind: "${kind}",
  comment,
  dependsOn: [],
});

test("is read as it was printed", () => check(sample("one", "What it is for.")));

test("a hostile name and comment stay data", () => check(sample('a"; DROP SCHEMA public; --', "it's \\\\ 'quoted'")));
`;
}

// `anchor` is text that stands in the file exactly once.
function edits(name: string): readonly Edit[] {
  const [kind, camel, type] = [kindOf(name), camelCase(name), typeOf(name)];
  const words = wordsOf(name).join(" ");
  const property = kind === camel ? kind : `"${kind}"`;
  const entry = kind === camel ? camel : `${property}: ${camel}`;
  return [
    { path: "src/model/ref.ts", anchor: "] as const;", insert: `  "${kind}",\n`, place: "before" },
    {
      path: "src/model/catalog.ts",
      anchor: "/** Any object of a catalog, told apart by `kind`. */",
      insert: `/** Say here what a ${words} is and what its properties mean. */
export interface ${type} extends ObjectBase {
  readonly kind: "${kind}";
}

`,
      place: "before",
    },
    { path: "src/model/catalog.ts", anchor: "export type CatalogObject =", insert: `\n  | ${type}`, place: "after" },
    {
      path: "src/engines/postgres/kinds/registry.ts",
      anchor: 'import type { ObjectKind, PrintContext } from "./kind.ts";\n',
      insert: `import { ${camel} } from "./${kind}.ts";\n`,
      place: "after",
    },
    // Printed after all others, until its dependencies or a better place say otherwise.
    {
      path: "src/engines/postgres/script.ts",
      anchor: "};\nconst RANK_COMPLETION",
      insert: `  ${property}: 19,\n`,
      place: "before",
    },
    { path: "src/diff/rank.ts", anchor: "};\n\nconst FOREIGN_KEY", insert: `  ${property}: 36,\n`, place: "before" },
    {
      path: "src/formats/json/shape.ts",
      anchor: "  role: z.strictObject(",
      insert: `  ${property}: z.strictObject({ ...base, kind: z.literal("${kind}") }),\n`,
      place: "before",
    },
    // Other engines say that they have no such objects, until somebody writes theirs.
    {
      path: "src/engines/sqlite/kinds/registry.ts",
      anchor: '  role: absent("role"),\n',
      insert: `  ${property}: absent("${kind}"),\n`,
      place: "before",
    },
    // Roles are read last: only those that others mention are kept.
    { path: "src/engines/postgres/kinds/registry.ts", anchor: "  role,\n", insert: `  ${entry},\n`, place: "before" },
  ];
}

/** A kind of PostgreSQL object: its noun, its file, its place in the registry, and a test on a server. */
export const kind: Scaffold = {
  argument: "NAME",
  about: "a kind of PostgreSQL object: how it is read, printed and removed",
  files: (name, repository) => {
    const path = `src/engines/postgres/kinds/${kebabCase(name)}`;
    if (repository.exists(`${path}.ts`)) throw new UnusableName(`${path}.ts: there already; nothing was written`);
    return [
      { path: `${path}.ts`, text: sourceOf(name) },
      { path: `${path}.test.ts`, text: testOf(name) },
    ];
  },
  edits,
  next: [
    "give the noun its properties in src/model/catalog.ts, and the query what it needs: the test tells",
    "say what it depends on, and take it out of unmodelled.ts, which named it so far",
    "npx tsc -p . names every other place that has to know of it",
  ],
};
