import { alter } from "../model/change.ts";
import { baseTypes } from "./declared-type.ts";
import { nameWords } from "./name-words.ts";
import { ownColumns } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

// Words that mean money wherever they stand in a name.
const MONEY: ReadonlySet<string> = new Set(
  `amount balance budget cost costs credit debit deposit fee fees invoiced paid payment payout
   premium price prices refund rent revenue salary subtotal tax taxes turnover vat wage wages`.split(/\s+/),
);
// Words that make a measure, a model's parameter or a share of it.
const NOT_MONEY: ReadonlySet<string> = new Set(
  `average avg count factor fraction percent percentage pct probability rate rates ratio score weight hours minutes seconds ms bytes
   estimate estimated planner cpu query likelihood`.split(/\s+/),
);

function isAmount(name: string): boolean {
  const words = nameWords(name);
  return words.some((word) => MONEY.has(word)) && !words.some((word) => NOT_MONEY.has(word));
}

/** Money in a binary fraction. Judged by the column's name, in English. */
export const floatForAmounts: Rule = rule({
  id: "float-for-amounts",
  area: "schema",
  severity: "warning",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["sqlcheck:2001"],
  summary: "An amount of money is held as a floating-point number.",
  why: "Binary fractions cannot hold most decimal ones: 0.1 + 0.2 is not 0.3, sums depend on the order of rows and so on the plan, and comparisons for equality fail. Cents go missing where amounts are added up.",
  remedy:
    "Use numeric with the scale of the currency, or an integer in the smallest unit; in SQLite, whose NUMERIC is no exact type, the integer.",
  fix: "review",
  fails: [
    "CREATE TABLE invoice (total_price double precision);",
    "CREATE TABLE invoice (amount real);",
    'CREATE TABLE "Order;" ("unitPrice""" double precision DEFAULT 0);',
  ],
  passes: [
    "CREATE TABLE invoice (total_price numeric(12,2), amount_cents bigint);",
    "CREATE TABLE reading (temperature double precision, discount_percent real, cost_factor real, vat_rate real);",
  ],
  *check({ view, dialect }) {
    const typeOf = baseTypes(view, dialect);
    for (const { column } of ownColumns(view)) {
      const { name, array } = typeOf(column);
      if ((name !== "real" && name !== "double precision") || !isAmount(column.name)) continue;
      const where = `${column.table}.${column.name}`;
      const title = `make ${where} numeric; decide on its scale`;
      // SQLite has no exact decimals: its NUMERIC stores a fraction as a float, too.
      const fixes =
        dialect.engine === "sqlite" || array || column.type !== name
          ? []
          : [{ title, safety: "review" as const, changes: [alter(column, { type: "numeric" })] }];
      yield {
        ref: column,
        message: `${where} holds an amount as ${name}, which cannot hold most decimal fractions`,
        fixes,
      };
    }
  },
});
