import type { BriefEntity, BriefField } from "../model/brief.ts";
import { WITH_FIRST_MIGRATION } from "../model/design.ts";
import { addColumn, addTable, claimName, decide, tableKeyOf } from "./draft.ts";
import type { Draft, DraftTable, FieldStorage } from "./draft-model.ts";
import { enumName, enumType } from "./domains.ts";
import { listText } from "./figures.ts";
import { perTenant } from "./tenants.ts";

/**
 * Most values of an enumerated type. Beyond about ten, values come and go with the business and carry
 * attributes (a label, an order): that is a table's work. A value of an enumerated type cannot be removed.
 */
export const ENUM_VALUES_MAX = 10;

/** What an enumeration is stored as: an enumerated type, text with a CHECK, or a reference to a table of values. */
export function enumStorage(draft: Draft, entity: BriefEntity, field: BriefField): FieldStorage {
  const evidence = [`entities.${entity.name}.fields.${field.name}`];
  const subject = `${entity.name}.${field.name}`;
  const values = [...new Set(field.values)];
  const shown = values.length > 6 ? `${values.slice(0, 5).join(", ")} …` : listText(values);
  if (values.length > ENUM_VALUES_MAX) {
    const lookup = lookupTable(draft, entity, field, values);
    decide(draft, {
      id: `enum/${subject}`,
      topic: "enum",
      subject,
      choice: `lookup table ${lookup.name}`,
      because: `${values.length} values (${shown}) are more than ${ENUM_VALUES_MAX}: such a list changes with the business. A row is added or retired with an INSERT or UPDATE, in no release, and can carry a label.`,
      alternatives: [
        { option: "enumerated type", whyNot: "a value can be added but never removed, and it has no label" },
        { option: "text with a CHECK", whyNot: `each change of the list checks every row of ${entity.name} again` },
      ],
      objects: [tableKeyOf(lookup)],
      evidence,
    });
    return { type: "text", needs: [], width_bytes: textWidth(values), checks: [], lookup };
  }
  if (hidesFromIndexes(draft, entity, field)) {
    decide(draft, {
      id: `enum/${subject}`,
      topic: "enum",
      subject,
      choice: "text with a CHECK on its values",
      because: `access patterns filter by it, and ${entity.name} is under row security: there only leakproof operators become index conditions. text's = is leakproof, that of an enumerated type is not, so an index on it would be read and filtered row by row. ${shown}: ${textWidth(values)} bytes on average instead of 4.`,
      alternatives: [
        {
          option: "enumerated type",
          whyNot: "its = is not leakproof (pg_proc.proleakproof): no index condition under row security",
        },
        { option: "lookup table", whyNot: `a join and a foreign-key check per row for ${values.length} stable values` },
      ],
      objects: [],
      evidence: [...evidence, "tenancy.model"],
    });
    const list = values.map((value) => draft.dialect.literal(value)).join(", ");
    return { type: "text", needs: [], width_bytes: textWidth(values), checks: [`$ IN (${list})`], lookup: null };
  }
  const type = enumType(draft, enumName(entity, field), values, field.about);
  decide(draft, {
    id: `enum/${subject}`,
    topic: "enum",
    subject,
    choice: "enumerated type",
    because: `${values.length} ${values.length === 1 ? "value" : "values"}: ${shown}. Few and stable values: the type stores 4 bytes, sorts in the stated order and refuses everything else.`,
    alternatives: [
      { option: "lookup table", whyNot: "a join and a foreign-key check per row for values without attributes" },
      { option: "text with a CHECK", whyNot: "sorts by spelling instead of by the stated order, and takes more bytes" },
    ],
    objects: [type.key],
    evidence,
  });
  return { type: type.sql, needs: [type.key], width_bytes: 4, checks: [], lookup: null };
}

const textWidth = (values: readonly string[]): number =>
  1 + Math.round(values.reduce((sum, value) => sum + value.length, 0) / Math.max(values.length, 1));

// A filter on it would have to be an index condition, which row security only allows to leakproof operators.
function hidesFromIndexes(draft: Draft, entity: BriefEntity, field: BriefField): boolean {
  return (
    draft.brief.tenancy?.model === "shared-schema" &&
    perTenant(draft, entity) &&
    draft.filtered.has(`${entity.name}.${field.name}`)
  );
}

function lookupTable(draft: Draft, entity: BriefEntity, field: BriefField, values: readonly string[]): DraftTable {
  const table = addTable(draft, {
    name: claimName(draft, draft.schema, enumName(entity, field)),
    role: "lookup",
    entity: null,
    perTenant: false,
    comment: `The values of ${entity.name}.${field.name}.`,
    volume: {
      now_rows: values.length,
      per_month_rows: 0,
      horizon_rows: values.length,
      row_bytes: null,
      skew: 0.01,
      standing: "stated",
      because: `${values.length} values in the brief`,
    },
  });
  addColumn(draft, table, { name: "code", type: "text", meaning: "code", width_bytes: textWidth(values) });
  addColumn(draft, table, { name: "label", type: "text", meaning: "text", width_bytes: 15, notNull: false });
  addColumn(draft, table, { name: "position", type: "integer", meaning: "position", width_bytes: 4, notNull: false });
  table.primaryKey = ["code"];
  // Its rows change with a release or by an operator, never by the application.
  table.grants.clear();
  table.grants.add("SELECT");
  const { ident, literal, qualified } = draft.dialect;
  const rows = values.map((value, at) => `(${literal(value)}, ${literal(value)}, ${at + 1})`).join(",\n  ");
  draft.jobs.push({
    name: `fill ${table.name}`,
    every: WITH_FIRST_MIGRATION,
    sql: `INSERT INTO ${qualified(table.schema, table.name)} (${ident("code")}, ${ident("label")}, ${ident("position")}) VALUES\n  ${rows}\nON CONFLICT (${ident("code")}) DO NOTHING`,
    because: `${entity.name}.${field.name} refers to its ${values.length} values`,
  });
  return table;
}
