import type { Severity } from "../model/finding.ts";
import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

const NAIVE = "timestamp without time zone";
const ZONED = "timestamp with time zone";

/** So many times as many of a table's times know their zone before those that do not are taken for a slip. */
const STRAY_RATIO = 2;

// A clock on a wall: opening hours and appointments mean local time, whatever the zone.
const isLocal = (name: string): boolean => nameWords(name).some((word) => word === "local" || word === "wall");

/**
 * A point in time that does not say where its clock hangs. A schema that keeps UTC in all of them has made a
 * choice, hence `info`; so has one that turned to timestamptz and left the old columns alone. One that strays from
 * the others of its table is a slip, and is compared with them by the session's zone.
 */
export const timestampWithoutTimeZone: Rule = rule({
  id: "timestamp-without-time-zone",
  area: "schema",
  severity: "info",
  engines: ["postgres"],
  equivalents: ["squawk:prefer-timestamp-tz", "schemalint:prefer-timestamptz-to-timestamp"],
  summary: "A column is a timestamp without time zone.",
  why: "It holds what a clock showed and not when: two servers or sessions with different TimeZone settings write and read different instants, an hour repeats and one is missing at each change of summer time, and a comparison with a timestamptz converts by the session's zone.",
  remedy:
    "Use timestamptz, which takes the same 8 bytes; say in which zone the old values are when converting. In a session whose TimeZone is UTC the conversion rewrites nothing (PostgreSQL 12).",
  fix: "review",
  fails: [
    "CREATE TABLE task (due timestamp);",
    "CREATE TABLE task (made timestamptz, changed timestamptz, due timestamp);",
    'CREATE DOMAIN instant AS timestamp(3); CREATE TABLE "t;" ("at""" instant);',
  ],
  passes: ["CREATE TABLE task (due timestamptz, at_local timestamp);"],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const of of ownTables(view)) {
      const counted = (name: string): number => of.columns.filter((column) => typeOf(column).name === name).length;
      const mixed = counted(NAIVE) > 0 && counted(NAIVE) * STRAY_RATIO <= counted(ZONED);
      for (const column of of.columns) {
        const type = typeOf(column);
        if (type.name !== NAIVE || column.inherited || isLocal(column.name)) continue;
        const where = `${column.table}.${column.name}`;
        const severity: Severity = mixed ? "warning" : "info";
        const more = mixed ? ", while other times of the same table know theirs" : "";
        const to = column.type.replace(NAIVE, ZONED).replace(" without time zone", " with time zone");
        const fixes =
          to === column.type
            ? []
            : [
                {
                  title: `make ${where} ${to}, after saying in which zone its values are`,
                  safety: "review" as const,
                  changes: [alter(column, { type: to })],
                },
              ];
        yield { ref: column, severity, message: `${where} does not know its time zone${more}`, fixes };
      }
    }
  },
});
