import { expect, test } from "vitest";
import type { Catalog, CatalogObject, ObjectOf } from "../../model/catalog.ts";
import { afterChange, alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { ref } from "../../model/ref.ts";
import { sqlite } from "./dialect.ts";
import type { Session } from "./driver.ts";
import { introspect } from "./introspect.ts";
import { apply, inMemory } from "./testing.test-data.ts";

const SCHEMA = `
  create table parent (id integer primary key autoincrement, code text not null unique, state text default 'a');
  insert into parent (code) values ('x'), ('y'), ('z'); delete from parent where code = 'z';
  create table child (id integer primary key, parent_id integer references parent on delete cascade, "odd "" name" text,
    twice int generated always as (id * 2) stored);
  insert into child (parent_id, "odd "" name") values (1, 'it''s'), (2, null);
  create index by_parent on child (parent_id); create table log (what text);
  create trigger watch after insert on child begin insert into log values ('child;'); end;
  create view both_tables as select parent.code, child.id from parent join child on child.parent_id = parent.id`;

function find<K extends CatalogObject["kind"]>(
  catalog: Catalog,
  kind: K,
  table: string | null,
  name: string,
): ObjectOf<K> {
  const found = catalog.objects.find((one) => one.kind === kind && one.table === table && one.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as ObjectOf<K>;
}

const rowsOf = (session: Session): unknown => ({
  parents: session.query("select id, code, state from parent"),
  children: session.query(`select id, parent_id, "odd "" name" from child`),
  joined: session.query("select code, id from both_tables"),
  sequence: session.query("select name, seq from sqlite_sequence"),
});

const changes: readonly (readonly [string, (catalog: Catalog) => Change])[] = [
  ["NOT NULL", (catalog) => alter(find(catalog, "column", "parent", "state"), { notNull: true })],
  ["type", (catalog) => alter(find(catalog, "column", "child", "parent_id"), { type: "int" })],
  ["default", (catalog) => alter(find(catalog, "column", "parent", "state"), { default: "'it''s'" })],
  [
    "drop a constraint",
    (catalog) => ({ type: "drop", object: find(catalog, "constraint", "child", "child_parent_id_fkey") }),
  ],
  [
    "add a check",
    (catalog) => ({
      type: "create",
      object: {
        ...find(catalog, "constraint", "parent", "parent_code_key"),
        name: "code_said",
        type: "check",
        definition: "CHECK (code <> '')",
        expression: "code <> ''",
      },
    }),
  ],
  ["STRICT", (catalog) => alter(find(catalog, "table", null, "child"), { options: { strict: "true" } })],
  ["drop an index", (catalog) => ({ type: "drop", object: find(catalog, "index", "child", "by_parent") })],
  ["drop a view", (catalog) => ({ type: "drop", object: find(catalog, "view", null, "both_tables") })],
];

test.each(changes)(
  "%s: rows, triggers, views and numbers survive, and the catalog is what was wanted",
  async (_name, of) => {
    await inMemory(SCHEMA, (session) => {
      const catalog = introspect(session);
      const change = of(catalog);
      const rows = rowsOf(session);
      apply(session, sqlite.change(change, catalog));
      const wanted = afterChange(catalog, change).objects;
      const found = introspect(session).objects;
      const names = (objects: readonly CatalogObject[]): string[] =>
        objects.map(({ kind, table, name }) => `${kind} ${table}.${name}`);
      expect(names(found)).toEqual(names(wanted));
      if (change.type === "alter") expect(found).toContainEqual(change.after);
      if (!(change.type === "drop" && change.object.kind === "view")) expect(rowsOf(session)).toEqual(rows);
      expect(session.query("pragma foreign_key_check")).toEqual([]);
    });
  },
);

test("a column is added in place where SQLite can, and by a new table where it cannot", async () => {
  await inMemory(SCHEMA, (session) => {
    const catalog = introspect(session);
    const column = { ...find(catalog, "column", "parent", "state"), position: 4 };
    for (const [index, text] of ["'x'", null, "(1 + 2)"].entries()) {
      const object = { ...column, name: `more ${index}`, default: text, notNull: text !== null, position: 4 + index };
      const statements = sqlite.change({ type: "create", object }, introspect(session));
      expect(statements.length === 1).toBe(index < 2);
      apply(session, statements);
    }
    expect(session.query(`select "more 0", "more 1", "more 2" from parent where id = 1`)).toEqual([
      { "more 0": "x", "more 1": null, "more 2": "3" },
    ]);
  });
});

test("a rename is SQLite's own", async () => {
  await inMemory(SCHEMA, (session) => {
    const catalog = introspect(session);
    const before = find(catalog, "table", null, "parent");
    apply(session, sqlite.change({ type: "rename", before, to: ref("table", "ma'am", { schema: "main" }) }, catalog));
    expect(find(introspect(session), "constraint", "child", "child_parent_id_fkey").references?.table).toBe("ma'am");
  });
});
