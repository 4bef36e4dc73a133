import { alter } from "../model/change.ts";
import { refKey } from "../model/ref.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import { cycleThrough, cyclicGroups } from "./cycles.ts";
import type { Edge } from "./cycles.ts";
import { ownForeignKeys } from "./foreign-keys.ts";
import type { ForeignKey } from "./foreign-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

interface Reference extends Edge {
  readonly foreignKey: ForeignKey;
}

function references(view: CatalogView): readonly Reference[] {
  const edges: Reference[] = [];
  for (const foreignKey of ownForeignKeys(view)) {
    const { of, target } = foreignKey;
    if (target === undefined || target === of) continue;
    edges.push({ from: refKey(of.table), to: refKey(target.table), foreignKey });
  }
  return edges;
}

function within(edges: readonly Reference[], group: readonly string[]): readonly Reference[] {
  const members = new Set(group);
  return edges.filter(({ from, to }) => members.has(from) && members.has(to));
}

function told(way: readonly Reference[]): string {
  const names = way.map(({ foreignKey }) => foreignKey.of.table.name);
  return [...names, names[0] ?? ""].join(" → ");
}

const firstOf = (way: readonly Reference[]): TableView | undefined => way[0]?.foreignKey.of;

/**
 * Tables that refer to each other in a circle. A circle of keys that may not be empty and are checked at once
 * admits no first row, but by one statement that writes to all tables.
 */
export const circularForeignKeys: Rule = rule({
  id: "circular-foreign-keys",
  area: "integrity",
  severity: "warning",
  engines: ["postgres", "sqlite"],
  equivalents: [],
  summary: "Foreign keys form a circle.",
  why: "Where every reference of the circle is required and checked at once, no table can have the first row: ordinary INSERTs fail in any order. Where one may be empty, loading, restoring and deleting need an order of their own with an UPDATE between, and data-only dumps have to switch the checks off.",
  remedy:
    "Let one reference of the circle go (it often says what another table already knows), make it nullable, or make it DEFERRABLE INITIALLY DEFERRED.",
  fix: "review",
  fails: [
    "CREATE TABLE team (id bigint PRIMARY KEY, lead_id bigint NOT NULL); CREATE TABLE person (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES team); ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES person;",
    "CREATE TABLE team (id bigint PRIMARY KEY, lead_id bigint); CREATE TABLE person (id bigint PRIMARY KEY, team_id bigint NOT NULL REFERENCES team); ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES person;",
    'CREATE TABLE "a;" (id bigint PRIMARY KEY, b bigint); CREATE TABLE "b""" (id bigint PRIMARY KEY, c bigint); CREATE TABLE c (id bigint PRIMARY KEY, a bigint REFERENCES "a;"); ALTER TABLE "a;" ADD FOREIGN KEY (b) REFERENCES "b"""; ALTER TABLE "b""" ADD FOREIGN KEY (c) REFERENCES c;',
  ],
  passes: [
    "CREATE TABLE folder (id bigint PRIMARY KEY, parent_id bigint REFERENCES folder);",
    "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a); CREATE TABLE c (a bigint REFERENCES a, b bigint REFERENCES b);",
  ],
  examplesOn: {
    sqlite: {
      fails: [
        "CREATE TABLE team (id INTEGER PRIMARY KEY, lead_id INTEGER NOT NULL REFERENCES person); CREATE TABLE person (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES team);",
      ],
      passes: [
        "CREATE TABLE team (id INTEGER PRIMARY KEY); CREATE TABLE person (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES team);",
      ],
    },
  },
  *check({ view }) {
    const edges = references(view);
    const hard = edges.filter(({ foreignKey }) => foreignKey.required && !foreignKey.key.deferrable);
    const stuck = new Set<string>();
    for (const group of cyclicGroups(hard)) {
      for (const member of group) stuck.add(member);
      const way = cycleThrough(group[0] ?? "", within(hard, group));
      const [first, key] = [firstOf(way), way.at(-1)?.foreignKey.key];
      if (first === undefined || key === undefined) continue;
      const deferred = {
        deferrable: true,
        initiallyDeferred: true,
        definition: key.definition.replace(/( NOT VALID)?$/, " DEFERRABLE INITIALLY DEFERRED$1"),
      };
      yield {
        ref: first.table,
        message: `no row can be the first of ${told(way)}: each reference is required and checked at once`,
        evidence: [{ what: "tables that refer to each other", value: group.length }],
        fixes: [
          {
            title: `check ${key.name} at the end of the transaction`,
            safety: "review",
            changes: [alter(key, deferred)],
          },
        ],
      };
    }
    for (const group of cyclicGroups(edges)) {
      if (group.some((member) => stuck.has(member))) continue;
      const way = cycleThrough(group[0] ?? "", within(edges, group));
      const first = firstOf(way);
      if (first === undefined) continue;
      yield {
        ref: first.table,
        severity: "info",
        message: `${told(way)} refer to each other in a circle: loading and deleting need an order of their own`,
        evidence: [{ what: "tables that refer to each other", value: group.length }],
      };
    }
  },
});
