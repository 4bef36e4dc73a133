import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** PostgreSQL's own type `money`, which its wiki advises against. */
export const moneyType: Rule = rule({
  id: "money-type",
  area: "schema",
  severity: "warning",
  engines: ["postgres"],
  equivalents: [],
  summary: "A column has the type money.",
  why: "It holds a number without its currency, and the server's lc_monetary decides how many places it has and how it reads and prints: the same stored value is another amount after a restore into a database with another setting.",
  remedy: "Use numeric with a scale, and a column for the currency where there is more than one.",
  fix: "review",
  fails: ["CREATE TABLE invoice (total money NOT NULL);", 'CREATE TABLE "i;" ("all""" money[]);'],
  passes: ["CREATE TABLE invoice (total numeric(12,2) NOT NULL, currency text NOT NULL);"],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { column } of ownColumns(view)) {
      if (typeOf(column).name !== "money") continue;
      const where = `${column.table}.${column.name}`;
      const title = `make ${where} numeric(19,2), where the currency has cents`;
      const fixes =
        column.type === "money" && column.default === null
          ? [{ title, safety: "review" as const, changes: [alter(column, { type: "numeric(19,2)" })] }]
          : [];
      yield {
        ref: column,
        message: `${where} is of type money, whose places and sign depend on a setting of the server`,
        fixes,
      };
    }
  },
});
