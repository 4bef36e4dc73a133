import type { ColumnObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import { folded } from "../model/spelling.ts";
import type { RuleSettings } from "./rule.ts";

/*
 * What the name and type of a column say about a person or a secret. Names are compared folded, so that
 * `birthDate` and `birth_date` are one; a list errs towards silence where a word has other meanings.
 */

// Names of other engines for the same types.
const SAME: Readonly<Record<string, string>> = {
  varchar: "character varying",
  nvarchar: "character varying",
  char: "character",
  nchar: "character",
  bpchar: "character",
  clob: "text",
  tinytext: "text",
  mediumtext: "text",
  longtext: "text",
  int: "integer",
  decimal: "numeric",
  datetime: "timestamp without time zone",
  timestamp: "timestamp without time zone",
  blob: "bytea",
};

/** Base type without length and array marks, in one spelling for all engines: `VARCHAR(40)` is `character varying`. */
export function baseType(type: string): string {
  const base = type
    .toLowerCase()
    .replaceAll("[]", "")
    .replace(/\s*\([^)]*\)/, "")
    .trim();
  return SAME[base] ?? base;
}

const TEXT = /^(?:text|character varying|character|name|(?:\w+\.)?citext)$/;

/** Whether values of the type are text that people write. */
export function isText({ type }: ColumnObject): boolean {
  return TEXT.test(baseType(type));
}

/** The longest text a column takes, or null where that is open. */
export function textLengthMax(column: ColumnObject): number | null {
  if (!isText(column)) return null;
  const length = /\((\d+)\)/.exec(column.type)?.[1];
  return length === undefined ? (column.type === "character" ? 1 : null) : Number(length);
}

interface Kind {
  readonly kind: string;
  readonly name: RegExp;
  readonly type: RegExp;
}

const TEXT_OR_NUMBER = /^(?:text|character varying|character|(?:\w+\.)?citext|integer|bigint|numeric)$/;
const ADDRESS = /^(?:inet|cidr|text|character varying)$/;
const ANY_TEXT = /^(?:text|character varying|character|(?:\w+\.)?citext)$/;
const CHOICE = /^(?!boolean|timestamp|date|bytea|jsonb?)/;

// GDPR articles 4 (identifiers) and 9 (special categories); identifiers of states and banks by their usual names.
const PERSONAL: readonly Kind[] = [
  { kind: "e-mail address", name: /^(?:[a-z]+_)?e_?mail(?:_address)?$/, type: ANY_TEXT },
  {
    kind: "name of a person",
    name: /^(?:[a-z]+_)?(?:first|last|family|given|middle|maiden|full|sur)_?name$/,
    type: ANY_TEXT,
  },
  {
    kind: "phone number",
    name: /^(?:[a-z]+_)?(?:phone|mobile|telephone|cell_?phone)(?:_?(?:number|no))?$/,
    type: TEXT_OR_NUMBER,
  },
  {
    kind: "date of birth",
    name: /^(?:[a-z]+_)?(?:birth_?(?:date|day)|date_of_birth|dob|born_(?:on|at))$/,
    type: /^(?:date|timestamp with(?:out)? time zone|text|character varying)$/,
  },
  {
    kind: "postal address",
    name: /^(?:[a-z]+_)?(?:street(?:_(?:address|name|line_?\d?))?|address_?(?:line_?)?[123]|(?:home|billing|shipping|delivery|postal|mailing)_address)$/,
    type: ANY_TEXT,
  },
  {
    kind: "national identifier",
    name: /^(?:[a-z]+_)?(?:ssn|social_security(?:_(?:number|no))?|national_id(?:_number)?|national_insurance_number|passport(?:_(?:number|no|id))?|driv(?:er_?s?|ing)_licen[cs]e(?:_(?:number|no))?|tax_id|personnummer|bsn|curp)$/,
    type: TEXT_OR_NUMBER,
  },
  {
    kind: "bank account",
    name: /^(?:[a-z]+_)?(?:iban|bank_account(?:_(?:number|no))?|sort_code|routing_number)$/,
    type: TEXT_OR_NUMBER,
  },
  {
    kind: "network address of a person",
    name: /^(?:(?:last|current|remote|client|sign_?up|registration|user|last_sign_in|current_sign_in)_)+ip(?:_addr(?:ess)?)?$/,
    type: ADDRESS,
  },
  {
    kind: "special category (GDPR, article 9)",
    name: /^(?:religion|ethnicity|ethnic_origin|sexual_orientation|political_(?:views?|opinions?|affiliation)|trade_union(?:_member(?:ship)?)?|health_(?:condition|status|record)s?|medical_(?:condition|record|history|notes)|diagnos[ie]s|disabilit(?:y|ies)|blood_(?:type|group))$/,
    type: CHOICE,
  },
];

/** What the column tells about a person, or null. */
export function personalKind(column: ColumnObject): string | null {
  const name = folded(column.name);
  const type = baseType(column.type);
  return PERSONAL.find((one) => one.name.test(name) && one.type.test(type))?.kind ?? null;
}

const CLASSIFIED =
  /\b(?:classification|classified|personal(?:ly)?|pii|gdpr|dsgvo|rgpd|hipaa|sensitive|special[- ]category|confidential|pseudonym\w*|anonymi[sz]ed|not personal|public)\b/i;

/** Whether the settings, or the comment of the column or its table, say how private the column is. */
export function isClassified(of: TableView, column: ColumnObject, settings: RuleSettings): boolean {
  const path = `${of.table.schema ?? ""}.${of.table.name}.${column.name}`;
  return (
    Object.hasOwn(settings.classified, path) ||
    CLASSIFIED.test(column.comment ?? "") ||
    CLASSIFIED.test(of.table.comment ?? "")
  );
}

const PASSWORD = /^(?:[a-z]+_)*(?:password|passwd|pwd|passphrase|pass_word)$/;
const SECRET =
  /^(?:[a-z]+_)*(?:(?:reset|recovery|confirmation|verification|invitation|invite|remember|session|access|refresh|auth|authentication|authenticity|bearer|api|login|unlock|activation|magic_link|oauth|oauth2|persistence|perishable)_token|api_?key|secret_?key|private_?key|(?:client|signing|webhook|otp|totp|two_factor|mfa|app|consumer|oauth)_secret|recovery_codes?|backup_codes?)$/;
const PROTECTED =
  /(?:hash|hashed|digest|crypt|encrypted|cipher|salted|salt|sha\d*|md5|bcrypt|argon2?\w*|scrypt|pbkdf2|hmac|masked|fingerprint|kms|vault)/i;

/** What the column seems to hold in clear: a password, another secret, or nothing of the kind. */
export function clearSecretKind(column: ColumnObject): "password" | "secret" | null {
  if (!isText(column) || column.generated !== null) return null;
  const name = folded(column.name);
  if (PROTECTED.test(name) || PROTECTED.test(column.comment ?? "")) return null;
  if (PASSWORD.test(name)) return "password";
  return SECRET.test(name) ? "secret" : null;
}

/** Whether the name says in so many words that the value is not protected. */
export function isStatedClear(column: ColumnObject): boolean {
  return /(?:^|_)(?:plain|plaintext|plain_text|clear|cleartext|clear_text|unhashed|raw)_/.test(folded(column.name));
}
