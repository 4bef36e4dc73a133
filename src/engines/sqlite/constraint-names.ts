import type { ConstraintObject } from "../../model/catalog.ts";

/** What the name of a constraint without one is made from. */
export type NamelessConstraint = Pick<ConstraintObject, "type" | "columns"> & {
  /** The name in the text, or null. */
  readonly given: string | null;
};

const ENDINGS: Readonly<Record<ConstraintObject["type"], string>> = {
  "primary key": "pkey",
  unique: "key",
  check: "check",
  "foreign key": "fkey",
  exclusion: "excl",
  "not null": "not_null",
};

function stem(table: string, { type, columns }: NamelessConstraint): string {
  const named = type === "primary key" || (type === "check" && columns.length > 1) ? [] : columns;
  return [table, ...named, ENDINGS[type]].join("_");
}

/**
 * A name for each constraint of a table: the given one, else one by PostgreSQL's pattern (`task_pkey`,
 * `task_owner_fkey`), numbered where it is taken. Given names may repeat in SQLite; the later ones are numbered.
 */
export function constraintNames(table: string, constraints: readonly NamelessConstraint[]): string[] {
  const taken = new Set<string>();
  const given = new Set(constraints.flatMap((one) => (one.given === null ? [] : [one.given])));
  return constraints.map((one) => {
    const wanted = one.given ?? stem(table, one);
    const isFree = (name: string): boolean => !taken.has(name) && (one.given === name || !given.has(name));
    let name = wanted;
    for (let number = 1; !isFree(name); number++) name = `${wanted}${number}`;
    taken.add(name);
    return name;
  });
}

/**
 * The constraints of a table in an order to print them in, with the names that must be printed: null where a
 * reader gives the same name by itself.
 */
export function namesToPrint(
  table: string,
  constraints: readonly ConstraintObject[],
): readonly { readonly constraint: ConstraintObject; readonly name: string | null }[] {
  const ordered = constraints.toSorted(inPrintOrder);
  const kept = ordered.map(() => false);
  // A name that is printed takes itself from those a reader would give: once more until nothing changes.
  for (;;) {
    const drafts = ordered.map((one, index) => ({ ...one, given: kept[index] === true ? one.name : null }));
    const names = constraintNames(table, drafts);
    const wrong = ordered.findIndex((one, index) => names[index] !== one.name);
    if (wrong < 0) break;
    kept[wrong] = true;
  }
  return ordered.map((one, index) => ({ constraint: one, name: kept[index] === true ? one.name : null }));
}

const ORDER: readonly ConstraintObject["type"][] = [
  "primary key",
  "unique",
  "check",
  "foreign key",
  "exclusion",
  "not null",
];

// `check2` before `check10`: the order in which a reader numbers them.
function inPrintOrder(a: ConstraintObject, b: ConstraintObject): number {
  const type = ORDER.indexOf(a.type) - ORDER.indexOf(b.type);
  return type !== 0 ? type : NATURAL.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}

const NATURAL = new Intl.Collator("en", { numeric: true });
