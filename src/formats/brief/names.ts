import { folded } from "../../model/spelling.ts";
import { member, textOf } from "./document.ts";
import type { BriefEntry, BriefNode } from "./document.ts";
import { quoted } from "./problems.ts";
import type { Place, Problems } from "./problems.ts";
import { NAME } from "./reading.ts";
import { RELATION_WORDS } from "./relation-spec.ts";

/** PostgreSQL's longest identifier; longer ones are cut silently, and two cut names may be the same. */
const IDENTIFIER_BYTES_MAX = 63;
/** Columns that every PostgreSQL table has already. */
const SYSTEM_COLUMNS = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/** Tells names that are none, that are too long, or that would be the same in the database. */
export function checkNames(root: BriefNode, problems: Problems): void {
  const name = member(root, "name");
  const system = textOf(name);
  if (name?.kind === "text" && system !== null) checkSpelling(system.replaceAll("-", "_"), system, name, problems);
  const entities = member(root, "entities")?.entries ?? [];
  if (entities.length === 0 && member(root, "entities")?.kind === "map")
    problems.add(member(root, "entities") ?? root, "a brief without entities", { expected: "at least one entity" });
  checkGroup(entities, "entity", problems);
  for (const entry of entities) checkEntityNames(entry, problems);
  checkTables(entities, problems);
  for (const { key, at } of member(root, "access_patterns")?.entries ?? []) {
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ,.'()&/_-]{0,99}$/u.test(key))
      problems.add(at, `${quoted(key)} cannot name a pattern`, {
        expected: "a few words of letters, digits and blanks, at most 100 characters",
      });
  }
}

function checkSpelling(name: string, stated: string, at: Place, problems: Problems): boolean {
  const bytes = Buffer.byteLength(name);
  if (bytes > IDENTIFIER_BYTES_MAX) {
    problems.add(at, `${quoted(stated)} is ${bytes} bytes long`, {
      expected: `a name of at most ${IDENTIFIER_BYTES_MAX} bytes`,
    });
    return false;
  }
  if (NAME.test(name)) return true;
  const spelt = folded(name);
  problems.add(at, `${quoted(stated)} is no name`, {
    expected: "lower-case words of a to z and digits, a letter first, joined by _ (such as due_on)",
    ...(NAME.test(spelt) ? { mend: `write ${spelt}` } : {}),
  });
  return false;
}

function checkGroup(entries: readonly BriefEntry[], noun: string, problems: Problems): void {
  const seen = new Map<string, BriefEntry>();
  for (const entry of entries) {
    const same = seen.get(folded(entry.key));
    if (same === undefined) {
      seen.set(folded(entry.key), entry);
      checkSpelling(entry.key, entry.key, entry.at, problems);
      if (noun === "entity" && RELATION_WORDS.includes(entry.key))
        problems.add(entry.at, `${quoted(entry.key)} is a word of the language`, {
          expected: `an entity that is not called ${RELATION_WORDS.join(", ")}`,
        });
      if (noun !== "entity" && SYSTEM_COLUMNS.includes(folded(entry.key)))
        problems.add(entry.at, `${quoted(entry.key)} is a column that PostgreSQL keeps for itself`, {
          expected: `a name other than ${SYSTEM_COLUMNS.join(", ")}`,
        });
    } else
      problems.add(entry.at, `${quoted(entry.key)} and ${quoted(same.key)} are one name in the database`, {
        expected: `each ${noun} name once, letter case and _ aside (the other is on line ${same.at.line})`,
        mend: "rename one of them",
      });
  }
}

function checkEntityNames(entity: BriefEntry, problems: Problems): void {
  const section = (key: string): readonly BriefEntry[] => member(entity.value, key)?.entries ?? [];
  const fields = section("fields");
  const relations = section("belongs_to");
  const collections = section("many_to_many");
  // One namespace: all three become columns or are named beside columns in a pattern.
  checkGroup([...fields, ...relations, ...collections], "field and reference", problems);
  for (const { value } of collections) checkGroup(member(value, "fields")?.entries ?? [], "field", problems);
  for (const relation of relations) checkReferenceColumn(relation, fields, problems);
  checkMadeColumns(entity, fields, problems);
}

function derived(name: string, what: string, at: Place, problems: Problems): void {
  const bytes = Buffer.byteLength(name);
  // A name that is too long by itself is told already.
  if (bytes > IDENTIFIER_BYTES_MAX)
    problems.add(at, `${what} would be ${quoted(name)}: ${bytes} bytes`, {
      expected: `a shorter name: at most ${IDENTIFIER_BYTES_MAX} bytes with what is added to it`,
    });
}

function checkReferenceColumn(relation: BriefEntry, fields: readonly BriefEntry[], problems: Problems): void {
  const column = `${folded(relation.key)}_id`;
  if (Buffer.byteLength(relation.key) <= IDENTIFIER_BYTES_MAX) derived(column, "its column", relation.at, problems);
  const taken = fields.find(({ key }) => folded(key) === column);
  if (taken !== undefined)
    problems.add(taken.at, `${quoted(taken.key)} is the column of the reference ${quoted(relation.key)}`, {
      expected: "another name, or no field",
      mend: `remove ${taken.key}: belongs_to makes it`,
    });
  const targets = relation.value.kind === "text" ? (relation.value.text.split("?")[0] ?? "").split("|") : [];
  if (targets.length > 1)
    for (const target of targets) derived(`${relation.key}_${target.trim()}_id`, "its column", relation.at, problems);
}

function checkMadeColumns(entity: BriefEntry, fields: readonly BriefEntry[], problems: Problems): void {
  const { value } = entity;
  const made: [string, boolean, string][] = [
    ["id", member(value, "key") === null, "the key that dbwright makes; for a natural key write key: id beside fields"],
    ["deleted_at", textOf(member(value, "soft_delete")) === "true", "made by soft_delete"],
    ["position", member(value, "ordered_within") !== null, "made by ordered_within"],
  ];
  for (const [column, isMade, why] of made) {
    const field = fields.find(({ key }) => folded(key) === column);
    if (isMade && field !== undefined)
      problems.add(field.at, `${quoted(field.key)} is ${why}`, {
        expected: "another name, or no field",
        mend: `remove ${field.key}`,
      });
  }
}

// Design gives a taken name a number; here only what would be cut is told.
function checkTables(entities: readonly BriefEntry[], problems: Problems): void {
  for (const { key, at, value } of entities) {
    if (Buffer.byteLength(key) > IDENTIFIER_BYTES_MAX) continue;
    if (textOf(member(value, "history")) === "changes") derived(`${key}_history`, "its history's table", at, problems);
    for (const collection of member(value, "many_to_many")?.entries ?? []) {
      const target = textOf(member(collection.value, "to")) ?? collection.value.text.trim().split(/\s/)[0] ?? "";
      if (Buffer.byteLength(target) <= IDENTIFIER_BYTES_MAX)
        derived(`${key}_${target}`, "its junction table", collection.at, problems);
    }
  }
}
