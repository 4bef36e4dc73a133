import type { FieldType } from "../model/brief.ts";
import { CARD_DATA_INSTEAD, forbiddenCardData } from "../model/card-data.ts";
import type { ForbiddenCardData } from "../model/card-data.ts";
import type { ColumnObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import { folded } from "../model/spelling.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";
import { baseType, isText, textLengthMax } from "./sensitive-names.ts";

// Only types that can hold such a value; a key of another table or a flag about a code is none.
const TYPES: Readonly<Record<string, FieldType>> = {
  bytea: "bytes",
  json: "json",
  jsonb: "json",
  numeric: "decimal",
  bigint: "bigint",
  integer: "integer",
};

function fieldType(column: ColumnObject): FieldType | null {
  if (isText(column)) return "text";
  return TYPES[baseType(column.type)] ?? null;
}

/** No card number has fewer digits (ISO/IEC 7812). */
const PAN_DIGITS_MIN = 8;
const MASKED =
  /\b(?:last (?:four|4)|token|tokeni[sz]ed|masked|truncated|not a (?:payment|credit) card|library|loyalty|gift|membership)\b/i;
const PAYMENT =
  /(?:^|_)(?:payments?|billing|credit|debit|cvv\d?|cvc\d?|expir\w*|cardholder|visa|mastercard|amex|cc|merchant|acquirer)(?:_|$)/;
// Cards of libraries, clubs and games have numbers, too, and doors and phones have PINs.
const AMBIGUOUS = /(?:^|_)(?:card_?(?:number|no|num|nr|nbr|digits|code)|security_?code|pans?)$/;

// Whether the table speaks of payments at all.
function aboutPayment({ table, columns }: TableView, column: ColumnObject): boolean {
  const others = columns.filter((other) => other !== column).map(({ name }) => name);
  return [table.name, ...others].some((name) => PAYMENT.test(folded(name)));
}

function found(of: TableView, column: ColumnObject): ForbiddenCardData | null {
  const type = fieldType(column);
  if (type === null || MASKED.test(column.comment ?? "")) return null;
  const siblings = of.columns.map(({ name }) => name).filter((name) => name !== column.name);
  const what = forbiddenCardData(column.name, { entity: of.table.name, siblings, type });
  const length = textLengthMax(column);
  if (what === "card number (PAN)" && length !== null && length < PAN_DIGITS_MIN) return null;
  // A column that refers to a row elsewhere holds its key.
  const refers = of.constraints.some(
    ({ type: kind, columns }) => kind === "foreign key" && columns.includes(column.name),
  );
  return refers ? null : what;
}

/** A column whose name says that it holds what PCI DSS forbids to keep; one list with what briefs refuse. */
export const cardDataByName: Rule = rule({
  id: "card-data-by-name",
  area: "privacy",
  severity: "error",
  engines: ["postgres", "mysql", "mariadb", "sqlite"],
  equivalents: ["splinter:0023"],
  summary: "A column is named as what PCI DSS forbids to keep.",
  why: "Verification codes, PINs and track data may not be kept after authorisation, not even encrypted (PCI DSS 4.0, 3.3.1), and a card number only unreadable and with the whole system in the scope of an audit (3.5). Whoever copies the table can pay with it.",
  remedy: `Drop the column and ${CARD_DATA_INSTEAD}.`,
  fails: [
    "CREATE TABLE payment (id bigint PRIMARY KEY, card_number text, cvv text);",
    'CREATE TABLE "odd ""; --" (id bigint PRIMARY KEY, "creditCardNumber" varchar(19));',
    "CREATE TABLE terminal_log (id bigint PRIMARY KEY, track2_data bytea);",
  ],
  passes: [
    "CREATE TABLE payment (id bigint PRIMARY KEY, card_last_four char(4), card_brand text, card_expiry_month smallint, card_token text);",
    "CREATE TABLE payment (id bigint PRIMARY KEY, card_number varchar(4), cvv_checked boolean, card_id bigint);",
    "CREATE TABLE place (id bigint PRIMARY KEY, map_pin text, track_title text);",
    "CREATE TABLE member (id bigint PRIMARY KEY, card_number text); COMMENT ON COLUMN member.card_number IS 'Number of the library card';",
  ],
  *check({ view }) {
    for (const of of ownTables(view)) {
      for (const column of of.columns) {
        const what = column.inherited ? null : found(of, column);
        if (what === null) continue;
        const unsure = (what === "PIN" || AMBIGUOUS.test(folded(column.name))) && !aboutPayment(of, column);
        yield {
          ref: column,
          message: `column ${column.name} of ${of.table.name} is named as a ${what}${unsure ? ", if it is one of a payment card" : ""}; ${CARD_DATA_INSTEAD}`,
          ...(unsure ? { severity: "info" as const } : {}),
        };
      }
    }
  },
});
