import { CARD_DATA_INSTEAD, forbiddenCardData, forbiddenInAbout } from "../../model/card-data.ts";
import type { ForbiddenCardData } from "../../model/card-data.ts";
import type { Brief, BriefEntity, BriefField } from "../../model/brief.ts";
import type { Place, Problems } from "./problems.ts";

const LAST_FOUR = /(?:^|_)last_?(?:four|4)(?:_digits)?$/;
const CARD_PARTS =
  /(?:^|_)(?:last_?(?:four|4)(?:_digits)?|brand|expiry|expires|exp|token)(?:_(?:month|year|date|on|at))?$/;

const spoken = (found: ForbiddenCardData): string => (found === "track data" ? found : `a ${found}`);

/** Tells each field and explanation that asks for card data no brief may ask for. */
export function checkCardData(brief: Brief, problems: Problems): void {
  for (const entity of brief.entities) {
    if (entity.classification === "card-data")
      problems.add(
        { ...entity.at, path: `${entity.at.path}.classification` },
        `${entity.name} as a whole is card data`,
        {
          expected: "@card-data on single fields: last_four, brand, expiry, token",
        },
      );
    const about = entity.about === null ? null : forbiddenInAbout(entity.about);
    if (about !== null) refuse(`${entity.name} is to hold ${spoken(about)}`, entity.at, problems);
    for (const field of [...entity.fields, ...entity.manyToMany.flatMap(({ fields }) => fields)])
      checkField(field, entity, problems);
  }
}

function checkField(field: BriefField, entity: BriefEntity, problems: Problems): void {
  const siblings = entity.fields.map(({ name }) => name).filter((name) => name !== field.name);
  const byName = forbiddenCardData(field.name, { entity: entity.name, siblings, type: field.type });
  const part = CARD_PARTS.test(field.name);
  const found = byName ?? (field.about === null || part ? null : forbiddenInAbout(field.about));
  if (found !== null) {
    // PCI DSS 4.0: 3.3 forbids to keep sensitive authentication data; 3.5 lets a PAN be kept unreadable, which puts
    // the whole database in scope.
    const why =
      found === "card number (PAN)"
        ? "which would put the whole database in the scope of PCI DSS"
        : "which PCI DSS forbids to keep after authorisation";
    refuse(`${field.name} asks for ${spoken(found)}, ${why}`, field.at, problems);
    return;
  }
  if (field.classification === "card-data" && !part)
    problems.add(field.at, `${field.name} is classified as card data`, {
      expected: "@card-data only for last_four, brand, expiry (month, year) and token",
      mend: CARD_DATA_INSTEAD,
    });
  const fits = field.length !== null && field.length <= 4;
  if (LAST_FOUR.test(field.name) && ["text", "code"].includes(field.type) && !fits)
    problems.add(field.at, `${field.name} has room for a whole card number`, {
      expected: "code(4)",
      mend: "write code(4)",
    });
}

function refuse(what: string, at: Place, problems: Problems): void {
  problems.add(at, what, {
    expected: "no PAN, verification code, PIN or track data in any form",
    mend: CARD_DATA_INSTEAD,
  });
}
