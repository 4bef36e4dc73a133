import type { SequenceObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import { alter } from "../model/change.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const keyOf = (...parts: readonly (string | null)[]): string => JSON.stringify(parts);

function ownedSequences(view: CatalogView): ReadonlyMap<string, SequenceObject> {
  const owned = new Map<string, SequenceObject>();
  for (const sequence of view.of("sequence")) {
    const owner = sequence.ownedBy;
    if (owner !== null) owned.set(keyOf(owner.schema, owner.table, owner.column), sequence);
  }
  return owned;
}

// The new counter goes on where the old one stands, where a server told where that is.
function nextValue({ options }: SequenceObject, lastValue: string | null): string {
  return lastValue === null ? options.start : String(BigInt(lastValue) + BigInt(options.increment));
}

/** A column of the old pseudo-type `serial`: a default that calls a sequence owned by the column. */
export const serialInsteadOfIdentity: Rule = rule({
  id: "serial-instead-of-identity",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["squawk:prefer-identity", "schemalint:prefer-identity-to-serial"],
  summary: "A key counts with serial rather than as an identity column.",
  why: "serial is a default and a sequence that know little of each other: writers need USAGE on the sequence besides INSERT on the table, LIKE copies the default and so shares the counter, and nothing keeps a writer from stating a key that the counter reaches later.",
  remedy:
    "Use GENERATED ALWAYS AS IDENTITY (or BY DEFAULT where keys are loaded from elsewhere); a conversion takes over the sequence's position.",
  fix: "review",
  fails: ["CREATE TABLE item (id serial PRIMARY KEY);", 'CREATE TABLE "an ""item""" ("the Id" bigserial PRIMARY KEY);'],
  passes: [
    "CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
    "CREATE SEQUENCE ticket; CREATE TABLE item (id bigint PRIMARY KEY DEFAULT nextval('ticket'));",
  ],
  *check({ view, statistics }) {
    const owned = ownedSequences(view);
    const lastValues = new Map(
      statistics?.sequences.map((each) => [keyOf(each.schema, each.sequence), each.lastValue]),
    );
    for (const { column } of ownColumns(view)) {
      if (column.default === null || !column.default.startsWith("nextval(")) continue;
      const sequence = owned.get(keyOf(column.schema, column.table, column.name));
      if (sequence === undefined) continue;
      const start = nextValue(sequence, lastValues.get(keyOf(sequence.schema, sequence.name)) ?? null);
      const patch = {
        default: null,
        notNull: true,
        identity: { generation: "by default" as const, sequence: { ...sequence.options, start } },
      };
      yield {
        ref: column,
        message: `${column.table}.${column.name} counts with serial (sequence ${sequence.name}) rather than as an identity column`,
        fixes: [
          {
            title: `make ${column.table}.${column.name} an identity column that starts at ${start}`,
            safety: "review",
            changes: [alter(column, patch), { type: "drop", object: sequence }],
          },
        ],
      };
    }
  },
});
