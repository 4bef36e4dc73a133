import { describe, expect, it } from "vitest";
import type { FieldType } from "../../model/brief.ts";
import { forbiddenCardData, forbiddenInAbout } from "../../model/card-data.ts";
import { readBrief } from "./read.ts";

type Case = [name: string, entity?: string, type?: FieldType, siblings?: string[]];

function check([name, entity = "payment", type = "text", siblings = []]: Case): string | null {
  return forbiddenCardData(name, { entity, type, siblings });
}

const FORBIDDEN: readonly Case[] = [
  ..."card_number cardnumber card_no cardno card_num card_nr cc_number ccnumber cc_no cc_num ccnum pan primary_account_number encrypted_pan pan_hash hashed_pan customer_pan credit_card credit_card_number creditcardnumber debit_card_number payment_card_number full_card raw_card cardNumber stored_card_number card_digits dpan card_pan".split(
    " ",
  ),
  ..."cvv cvv2 cvc cvc2 cav2 cvn cvd icvv security_code card_security_code card_verification_value card_verification_code card_verification card_code card_cid verification_value securityCode cvv_code card_cvv encrypted_cvv cvc_hash amex_cid".split(
    " ",
  ),
  ..."pin pin_block pinblock pin_code pin_number card_pin atm_pin encrypted_pin pin_hash user_pin pin_offset pvv customer_pin pinNumber".split(
    " ",
  ),
  ..."track1 track2 track_1 track_2 track3 track_data track1_data track_1_data track2data full_track magstripe mag_stripe magnetic_stripe magnetic_track swipe_data card_swipe card_track raw_track track2_equivalent".split(
    " ",
  ),
]
  .map((name): Case => [name])
  .concat([
    ["cid", "card"],
    ["csc", "card"],
    ["cid", "method", "text", ["card_brand"]],
    ["pin", "account", "code"],
    ["pin", "account", "integer"],
    ["pin", "account", "hash"],
    ["pin_code", "device", "code"],
  ]);

const HARMLESS: readonly Case[] =
  "pinned_at is_pinned pinned spin spin_count spinner company companion panel panels pandemic japan expand span timespan wingspan tracking_number tracking_code track_id soundtrack track_title race_track fast_track tracked_at shipping shipping_name opinion pinterest_url card_brand card_last_four card_last4 card_token card_expiry card_expiry_month card_expires card_holder_name card_id card_type card_count business_card loyalty_card_level gift_card_balance postcard last_four token brand expiry_month expiry_year provider_reference account_number iban service_code postal_code zip_code discount_code promo_code barcode verification_code invoice_number order_number scorecard cardinality discard cardiology pan_token pan_last_four cvv_result cvv_check_response pin_attempts card_fingerprint account_no number_of_cards cc_emails cc_recipients map_pin pin_color pin_label frying_pan pan_size pan_tilt alarm_security_code building_security_code"
    .split(" ")
    .map((name): Case => [name])
    .concat([
      ["track", "album"],
      ["track_number", "song"],
      ["track_1", "album"],
      ["track_2", "race"],
      ["pin", "map", "text"],
      ["pin", "note", "boolean"],
      ["pin", "place", "point"],
      ["pin", "address", "code"],
      ["pin", "customer", "code", ["street", "city"]],
      ["pin_code", "customer", "code", ["street", "city"]],
      ["pin_number", "gpio", "integer"],
      ["pan", "camera", "float"],
      ["pan", "kitchen", "text"],
      ["cid", "visit"],
      ["csc", "team"],
      ["cvv_checked", "card", "boolean"],
      ["pin_set_at", "account", "instant"],
    ]);

describe("card data that no brief may ask for", () => {
  it("both lists are long", () => {
    expect(FORBIDDEN.length).toBeGreaterThanOrEqual(40);
    expect(HARMLESS.length).toBeGreaterThanOrEqual(40);
  });

  it.each(FORBIDDEN)("%s (%s %s %j)", (...field) => {
    expect(check(field)).not.toBeNull();
  });

  it.each(HARMLESS)("not %s (%s %s %j)", (...field) => {
    expect(check(field)).toBeNull();
  });
});

describe("explanations", () => {
  it.each([
    "The PAN as typed.",
    "The card number, encrypted.",
    "Holds the credit card number.",
    "CVV of the card.",
    "The cvc for the next charge",
    "The card security code.",
    "The PIN block from the terminal.",
    "The PIN of the card.",
    "Data of the magnetic stripe.",
    "Track 2 data as read.",
  ])("%s", (about) => {
    expect(forbiddenInAbout(about)).not.toBeNull();
  });

  it.each([
    "The provider's token; the card number never comes here.",
    "Last four digits of the card number.",
    "Stands for the card, without the CVV.",
    "No PAN is kept.",
    "A pan for frying.",
    "Track 2 of the album.",
    "Keeps track of changes.",
    "Where the pin is on the map.",
    "The number of cards in the deck.",
  ])("not: %s", (about) => {
    expect(forbiddenInAbout(about)).toBeNull();
  });
});

describe("in a brief", () => {
  const problem = (body: string): string => {
    try {
      readBrief(`name: x\nentities:\n  payment:\n    fields: ${body}\n`, "b.yaml");
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    [
      "{ card_number: text(19) }",
      "b.yaml:4:15 (entities.payment.fields.card_number)",
      "a card number (PAN), which would put the whole database in the scope of PCI DSS",
    ],
    ["{ cardNumber: text(19) }", "cardNumber", "PCI DSS"],
    ["{ reference: { type: text(19), about: The PAN as typed. } }", "reference", "card number (PAN)"],
    ["{ cvv: code(4) @card-data }", "cvv", "card verification code"],
  ])("%s", (body, where, what) => {
    const message = problem(body);
    for (const part of [where, what, "token", "last four", "brand", "expiry", "reference"])
      expect(message).toContain(part);
  });

  it.each([
    ["{ note: text(20) @card-data }", "@card-data only for last_four, brand, expiry"],
    ["{ last_four: text(19) @card-data }", "has room for a whole card number"],
    ["{ card_last4: text }", "has room for a whole card number"],
  ])("%s", (body, part) => {
    expect(problem(body)).toContain(part);
  });

  it("what may be kept is fine", () => {
    expect(
      problem(
        "{ token: token(80) @card-data, last_four: code(4) @card-data, brand: text(20) @card-data, expiry_month: 'integer(1..12) @card-data', card_expiry_year: integer @card-data }",
      ),
    ).toBe("");
  });
});
