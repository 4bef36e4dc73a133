import { CARD_DATA_INSTEAD } from "../model/card-data.ts";
import { ref, refKey } from "../model/ref.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { isText } from "./sensitive-names.ts";

/**
 * One in ten numbers has a right Luhn digit by chance, and about one in four the first digits of a card: of
 * plain numbers with 13 to 19 digits some 2.5 % pass. Well above that, it is no chance.
 */
const SHARE_BY_CHANCE = 0.1;

/** Values in sampled rows that pass for payment card numbers. The values never leave the driver; it counts. */
export const cardDataInRows: Rule = rule({
  id: "card-data-in-rows",
  area: "privacy",
  severity: "error",
  engines: ["postgres"],
  equivalents: [],
  summary: "Rows hold what passes for payment card numbers.",
  why: "A stored card number draws the whole system into the scope of PCI DSS (4.0, 3.5), and whoever copies the table can pay with it. In columns of free text it stands where somebody wrote it, past all care taken elsewhere.",
  remedy: `Delete the numbers, from backups and copies too; ${CARD_DATA_INSTEAD}. Refuse them on input.`,
  needsStatistics: true,
  fails: [
    "CREATE TABLE note (id bigint PRIMARY KEY, body text); INSERT INTO note SELECT n, '4111 1111 1111 1111' FROM generate_series(1, 50) n;",
  ],
  passes: [
    "CREATE TABLE note (id bigint PRIMARY KEY, body text); INSERT INTO note SELECT n, 'paid in cash' FROM generate_series(1, 50) n;",
  ],
  *check({ view, statistics }) {
    for (const { schema, table, column: name, sampledRows, cardNumbers } of statistics?.samples ?? []) {
      if (cardNumbers === 0 || sampledRows === 0) continue;
      const column = view.get(refKey(ref("column", name, { schema, table })));
      if (column?.kind !== "column") continue;
      const byChance = cardNumbers / sampledRows < SHARE_BY_CHANCE;
      // A few in free text were written by somebody; a few among other numbers come by chance.
      const severity = byChance ? (isText(column) ? "warning" : "info") : "error";
      yield {
        ref: column,
        message: `column ${name} of ${table} holds what passes for card numbers in ${cardNumbers} of ${sampledRows} sampled rows`,
        evidence: [
          { what: "sampled rows", value: sampledRows },
          { what: "values with the length, prefix and check digit of a card number", value: cardNumbers },
        ],
        severity,
      };
    }
  },
});
