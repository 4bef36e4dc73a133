import type { FieldType } from "./brief.ts";
import { folded } from "./spelling.ts";

/*
 * Names of what PCI DSS 4.0 requirement 3 forbids to keep: sensitive authentication data after authorisation
 * (3.3.1: full track, card verification code, PIN and PIN block), and the PAN, which could be kept only
 * unreadable and in scope of an audit (3.5). One list for briefs, which are refused, and for schemas.
 */

/** A kind of card data that is refused. */
export type ForbiddenCardData = "card number (PAN)" | "card verification code" | "PIN" | "track data";

/** What stands around a field, where its name alone could mean two things. */
export interface CardDataContext {
  readonly entity: string;
  readonly siblings: readonly string[];
  readonly type: FieldType;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Words that make a name the harmless part of a card. */
const HARMLESS =
  /(?:^|_)(?:last_?(?:four|4)|token|tokeni[sz]ed|brand|scheme|network|expiry|expires|expiration|exp|issuer|holder|type|ids?|count|status|references?|ref|fingerprint|verified|checks?|checked|result|match|matched|response|required|length|attempts|retries|failures)(?:_|$)/;

const CARD =
  "(?:credit_card|creditcard|debit_card|debitcard|payment_card|bank_card|bankcard|card|cc|visa|mastercard|amex)";
const NUMBER = "(?:number|numbers|no|num|nr|nbr|digits|pan)";
const CARD_NUMBER = new RegExp(
  `(?:^|_)(?:${CARD}_?${NUMBER}|primary_account_(?:number|no)|(?:full|raw|plain|clear|encrypted|hashed|stored)_(?:credit_|debit_|payment_)?card|cardpan|card_pan|fpan|dpan|ccn)(?:_|$)`,
);
const WHOLE_CARD = /^(?:[a-z]+_)?(?:credit_card|creditcard|debit_card|debitcard|payment_card)$/;
const PAN_WORD = /(?:^|_)pans?(?:_|$)/;
/** Pans that are cooked in, and cameras that pan. */
const OTHER_PANS = words(
  `frying sauce baking roasting cake drip oil dust grill paella wok cooking kitchen bread pizza stock pot lid handle
   tilt zoom camera angle speed left right size diameter x y degrees position axis limit audio stereo peter card_game
   african american european pacific volume`,
);

const CODE =
  /(?:^|_)(?:i?cvv[0-9]?|cvc[0-9]?|cav[0-9]|cvn[0-9]?|cvd|cvvs|cvcs|card_?(?:verification|security|validation|identification)(?:_(?:code|value|number|no))?|card_code|card_?cid|card_?csc|cid_code|csc_code|amex_cid|verification_value)(?:_|$)/;
const SECURITY_CODE = /(?:^|_)(?:security_?code|sec_code)(?:_|$)/;
const OTHER_CODES = words(
  "alarm building gate door social site room access_panel badge aviation airport country food job",
);
const AMBIGUOUS_CODE = /^(?:cid|csc)$/;

const PIN_BLOCK = /(?:^|_)(?:pin_?block|pin_?offset|pvv|pin_verification_value|epb)(?:_|$)/;
const PIN_WORD = /(?:^|_)(?:pin|pins|pin_?code|pin_?number|pin_?no|pinnumber)(?:_|$)/;
/** Pins on maps, boards and chips, and the Indian postal index number. */
const OTHER_PINS = words(
  `map marker drop location place geo gpio chip connector board header socket cpu arduino bowling rolling safety hair
   tie lapel enamel badge firing clevis cotter postal post postcode zip address area region delivery shipping
   colour color label icon x y lat lng latitude longitude title image style layer order top note comment post message
   diameter pitch layout count spacing pinterest push pull kingpin input output mode`,
);
const PLACES = words(
  "street city state postcode zip district province country_code house_number address latitude longitude",
);
const PIN_TYPES: ReadonlySet<FieldType> = new Set([
  "text",
  "code",
  "integer",
  "bigint",
  "hash",
  "bytes",
  "token",
  "json",
  "decimal",
  "list",
  "slug",
]);

const TRACK =
  /(?:^|_)(?:track_?[123](?:_?data)?|tracks?_?data|track_?(?:one|two)(?:_data)?|full_track|raw_track|(?:card|magnetic|magstripe|stripe)_?tracks?|mag_?stripes?|magstrip|magnetic_?strip(?:e|es)?|swipe_?data|card_?swipe|msr_data|emv_track|chip_track|track_equivalent|equivalent_track)(?:_|$)/;
const OTHER_TRACKS = words(
  "audio song album music race lap gps running sound soundtrack playlist rail railway eye eyetracking caterpillar",
);

/** Which forbidden card data a field's name asks for, or null. */
export function forbiddenCardData(name: string, context: CardDataContext): ForbiddenCardData | null {
  const spelt = folded(name);
  const parts = spelt.split("_");
  const around = [...parts, ...folded(context.entity).split("_")];
  const has = (set: ReadonlySet<string>): boolean => around.some((part) => set.has(part));
  if (PIN_BLOCK.test(spelt)) return "PIN";
  if (TRACK.test(spelt) && !has(OTHER_TRACKS)) return "track data";
  const flags: readonly FieldType[] = ["boolean", "instant", "date", "enum"];
  // A flag or a time about a code (`cvv_checked`, `pin_set_at`) is not the code.
  const harmless = flags.includes(context.type) || HARMLESS.test(spelt);
  if (harmless) return null;
  if (CODE.test(spelt) || (SECURITY_CODE.test(spelt) && !has(OTHER_CODES))) return "card verification code";
  if (AMBIGUOUS_CODE.test(spelt) && aboutCards(context)) return "card verification code";
  if (CARD_NUMBER.test(spelt) || WHOLE_CARD.test(spelt)) return "card number (PAN)";
  if (PAN_WORD.test(spelt) && !has(OTHER_PANS)) return "card number (PAN)";
  const place = context.siblings.some((sibling) => PLACES.has(folded(sibling)));
  const postal = place && /pin_?code|^pin$/.test(spelt);
  if (PIN_WORD.test(spelt) && PIN_TYPES.has(context.type) && !has(OTHER_PINS) && !postal) return "PIN";
  return null;
}

function aboutCards(context: CardDataContext): boolean {
  return /(?:^|_)(?:card|cards|payment|payments)(?:_|$)/.test(
    [context.entity, ...context.siblings].map(folded).join("_"),
  );
}

const PHRASES: readonly (readonly [RegExp, ForbiddenCardData])[] = [
  [/\bPANs?\b|\b(?:credit |debit |payment )?card numbers?\b|\bprimary account numbers?\b/, "card number (PAN)"],
  [
    /\b[Cc](?:redit|ard) (?:security|verification) (?:code|value)s?\b|\b(?:CVV|CVC|cvv|cvc)2?s?\b/,
    "card verification code",
  ],
  [/\bPIN ?blocks?\b|\b(?:card|ATM|atm|debit card)(?:'s)? PINs?\b|\bPIN of (?:the|a) (?:debit |credit )?card\b/, "PIN"],
  [/\b[Mm]agnetic (?:stripe|track)s?\b|\b[Mm]ag ?stripes?\b|\b[Tt]rack ?[12](?: data)?\b(?! of)/, "track data"],
];
/** An explanation that names what is *not* kept, or which part is. */
const DENIED =
  /\b(?:no|not|never|without|instead|neither|nor|excluding|except|last four|last 4|token|masked|truncated|stands for|replaces)\b/i;

/** Which forbidden card data an explanation (`about`) asks for, or null. */
export function forbiddenInAbout(about: string): ForbiddenCardData | null {
  if (DENIED.test(about)) return null;
  return PHRASES.find(([phrase]) => phrase.test(about))?.[1] ?? null;
}

/** What to keep in place of card data, as an imperative without a full stop. */
export const CARD_DATA_INSTEAD: string =
  "store instead the payment provider's token and reference, and for display the brand, the last four digits, the expiry month and year";
