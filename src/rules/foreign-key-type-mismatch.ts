import type { ColumnObject } from "../model/catalog.ts";
import { alter } from "../model/change.ts";
import type { Severity } from "../model/finding.ts";
import { baseTypes, INTEGER_MAX, isText } from "./declared-type.ts";
import type { BaseType } from "./declared-type.ts";
import { ownForeignKeys } from "./foreign-keys.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

interface Mismatch {
  readonly severity: Severity;
  readonly consequence: string;
}

// Null where the types are the same or the difference can do no harm.
function mismatch(child: BaseType, parent: BaseType): Mismatch | null {
  if (child.name === parent.name && child.modifier === parent.modifier) return null;
  const range = { child: INTEGER_MAX[child.name], parent: INTEGER_MAX[parent.name] };
  if (range.child !== undefined && range.parent !== undefined) {
    return range.child < range.parent
      ? { severity: "warning", consequence: `no row can refer to keys above ${range.child}` }
      : { severity: "info", consequence: "it is wider than any key it can hold" };
  }
  const lengths = { child: lengthOf(child), parent: lengthOf(parent) };
  if (isText(child) && isText(parent)) {
    if ((child.name === "character") !== (parent.name === "character"))
      return { severity: "warning", consequence: "blanks at the end count in one and not in the other" };
    if (lengths.child >= lengths.parent) return null;
    if (lengths.parent === Infinity)
      return { severity: "info", consequence: `it holds ${child.modifier} characters of a key without limit` };
    return { severity: "warning", consequence: `no row can refer to keys longer than ${child.modifier}` };
  }
  if (child.name === parent.name) {
    return child.name === "numeric" ? { severity: "info", consequence: "precision or scale differ" } : null;
  }
  return {
    severity: "warning",
    consequence: "each comparison converts one side, which can cost the index and the exact value",
  };
}

function lengthOf({ modifier }: BaseType): number {
  return modifier === null ? Infinity : Number(modifier);
}

/** A foreign key between columns of different types, domains resolved. */
export const foreignKeyTypeMismatch: Rule = rule({
  id: "foreign-key-type-mismatch",
  area: "integrity",
  severity: "warning",
  engines: ["postgres", "sqlite"],
  equivalents: [],
  summary: "The two ends of a foreign key have different types.",
  why: "A narrower child fails on the day the parent's key outgrows it, long after it was written. Where the types belong to different families, every join and check converts values, and an index on the converted side is of no use.",
  remedy: "Give the referring column the type of the key it refers to.",
  fix: "review",
  fails: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id integer REFERENCES author);",
    "CREATE TABLE country (code varchar(10) PRIMARY KEY); CREATE TABLE city (id bigint PRIMARY KEY, country varchar(2) REFERENCES country);",
    "CREATE TABLE country (code text PRIMARY KEY); CREATE TABLE city (id bigint PRIMARY KEY, country char(2) REFERENCES country);",
    "CREATE TABLE author (id numeric PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
    "CREATE DOMAIN key AS bigint; CREATE TABLE author (id key PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id integer REFERENCES author);",
  ],
  passes: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
    "CREATE DOMAIN key AS bigint; CREATE TABLE author (id key PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
    "CREATE TABLE country (code varchar(2) PRIMARY KEY); CREATE TABLE city (id bigint PRIMARY KEY, country text REFERENCES country);",
  ],
  examplesOn: {
    sqlite: {
      fails: [
        "CREATE TABLE country (code TEXT PRIMARY KEY); CREATE TABLE city (id INTEGER PRIMARY KEY, country INTEGER REFERENCES country);",
      ],
      passes: [
        "CREATE TABLE author (id INTEGER PRIMARY KEY); CREATE TABLE book (id INTEGER PRIMARY KEY, author_id BIGINT REFERENCES author);",
        "CREATE TABLE country (code VARCHAR(10) PRIMARY KEY); CREATE TABLE city (id INTEGER PRIMARY KEY, country CHAR(2) REFERENCES country);",
      ],
    },
  },
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { of, key, references, target } of ownForeignKeys(view)) {
      for (const [at, name] of key.columns.entries()) {
        const child = of.columns.find((column) => column.name === name);
        const parent = target?.columns.find((column) => column.name === references.columns[at]);
        if (child === undefined || parent === undefined) continue;
        const found = mismatch(typeOf(child), typeOf(parent));
        if (found === null) continue;
        yield {
          ref: child,
          severity: found.severity,
          message: `${ends(child, parent)}: ${found.consequence}`,
          fixes: [
            {
              title: `make ${child.table}.${child.name} ${parent.type}`,
              safety: "review",
              changes: [alter(child, { type: parent.type })],
            },
          ],
        };
      }
    }
  },
});

function ends(child: ColumnObject, parent: ColumnObject): string {
  return `${child.table}.${child.name} is ${child.type} and refers to ${parent.table}.${parent.name}, which is ${parent.type}`;
}
