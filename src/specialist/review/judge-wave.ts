import type { Catalog, CatalogObject, ObjectOf } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { SEVERITIES } from "../../model/finding.ts";
import type { Severity } from "../../model/finding.ts";
import type { ProofStep } from "../../model/proof.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import { fingerprints, review } from "../../rules/review.ts";
import type { Rule, RuleInput } from "../../rules/rule.ts";
import type { Trial } from "./review-schema.ts";
import { changedBy, tablesOf } from "./waves.ts";

/** What running a fix's statements gave. */
export interface Attempt {
  /** What the server said; null when it took all statements. */
  readonly error: string | null;
  readonly ran: number;
  readonly duration_ms: number;
}

/** A catalog with what the rules say of it. */
export interface Reviewed {
  readonly catalog: Catalog;
  readonly view: CatalogView;
  /** Fingerprints with their severity. */
  readonly prints: ReadonlyMap<string, Severity>;
  /** Rules that threw: their silence says nothing. */
  readonly broken: ReadonlySet<string>;
}

/** What is known of a fix; no steps where it was not tried, for the `reason`. */
export interface Verdict {
  readonly steps: readonly ProofStep[];
  readonly reason: string | null;
}

/** What judging needs besides what was seen. */
export interface JudgeOptions {
  readonly rules: readonly Rule[];
  readonly input: RuleInput;
  readonly server: string;
  /** How many objects of the source the twin does not hold. */
  readonly lacking: number;
}

/** One object before and after a wave; undefined where it is not there. */
interface Difference {
  readonly key: RefKey;
  readonly before: CatalogObject | undefined;
  readonly after: CatalogObject | undefined;
}

/**
 * Judges the fixes of a wave by what it made of the catalog. Null when something changed that is no single
 * fix's doing, or a new finding came, and there is more than one fix that may have caused it.
 */
export function judgeWave(
  wave: readonly Trial[],
  attempts: ReadonlyMap<Trial, Attempt>,
  before: Reviewed,
  after: Reviewed,
  options: JudgeOptions,
): ReadonlyMap<Trial, Verdict> | null {
  const verdicts = new Map<Trial, Verdict>();
  const applied: Trial[] = [];
  for (const trial of wave) {
    const attempt = attempts.get(trial);
    if (attempt === undefined || attempt.ran === 0) {
      const refused = attempt?.error ?? null;
      const late = { steps: [], reason: "the time for trying fixes ran out" };
      verdicts.set(trial, refused === null ? late : { steps: [fires(trial), apply(trial, attempt)], reason: null });
    } else applied.push(trial);
  }
  const owners = ownersOf(wave);
  const changes = differences(before.catalog, after.catalog);
  const strays = changes.filter((change) => !isOwned(change, owners, after.view));
  const fresh = [...after.prints].filter(
    ([print, severity]) => !before.prints.has(print) && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf("warning"),
  );
  const broken = [...after.broken].filter((rule) => !before.broken.has(rule));
  if ((strays.length > 0 || fresh.length > 0 || broken.length > 0) && wave.length > 1) return null;
  const alone = standsAlone(applied);
  for (const trial of applied) {
    if (broken.length > 0) {
      verdicts.set(trial, { steps: [], reason: `on the mended schema a rule broke: ${broken.join(", ")}` });
      continue;
    }
    const own = changes.filter((change) => owners.get(ownerKey(change, owners, after.view) ?? "") === trial);
    const gone = alone.has(trial)
      ? !after.prints.has(trial.fingerprint)
      : !stillFires(trial, before.catalog, own, options);
    const together = wave.length === 1 ? "" : `, tried together with ${wave.length - 1} others`;
    const lacking = options.lacking === 0 ? "" : `; ${options.lacking} objects of the source are not on the twin`;
    const equal = before.catalog.objects.length - changes.filter((change) => change.before !== undefined).length;
    verdicts.set(trial, {
      reason: null,
      steps: [
        fires(trial),
        apply(trial, attempts.get(trial)),
        step(
          "cured",
          "The finding is gone",
          gone,
          gone ? "the rule says nothing of it any more" : "the rule still says it",
        ),
        step(
          "nothing-new",
          "No other finding of severity warning or above has come",
          fresh.length === 0,
          fresh.length === 0
            ? `${options.rules.length} rules say nothing new${together}`
            : `new: ${fresh.map(([print]) => print).join(", ")}`,
        ),
        step(
          "rest",
          "The rest of the catalog is as it was",
          strays.length === 0,
          strays.length === 0
            ? `${equal} objects are equal; changed by this fix: ${own.map(({ key }) => key).join(", ") || "none"}${lacking}`
            : `it also changed ${strays.map(({ key }) => key).join(", ")}`,
        ),
      ],
    });
  }
  return verdicts;
}

function step(id: string, claim: string, holds: boolean, observed: string, more: Partial<ProofStep> = {}): ProofStep {
  return { id, claim, verdict: holds ? "proved" : "refuted", standing: "proved", observed, duration_ms: 0, ...more };
}

function fires({ finding }: Trial): ProofStep {
  return step("fires", "The finding shows on the twin", true, `${finding.rule} says it of ${refKey(finding.ref)}`);
}

function apply({ statements }: Trial, attempt: Attempt | undefined): ProofStep {
  const error = attempt?.error ?? null;
  const observed = error === null ? `${statements.length} statements ran` : `it was refused: ${error}`;
  return step("apply", "The fix applies", error === null, observed, {
    sql: statements.map(({ sql }) => sql),
    duration_ms: Math.round((attempt?.duration_ms ?? 0) * 10) / 10,
  });
}

// What an object needs follows from its other properties; a column's position from the columns before it.
const facts = (object: CatalogObject): string => JSON.stringify({ ...object, dependsOn: [], position: 0 });

function differences(before: Catalog, after: Catalog): readonly Difference[] {
  const old = new Map(before.objects.map((object) => [refKey(object), object]));
  const found: Difference[] = [];
  for (const object of after.objects) {
    const key = refKey(object);
    const was = old.get(key);
    old.delete(key);
    if (was === undefined || facts(was) !== facts(object)) found.push({ key, before: was, after: object });
  }
  for (const [key, object] of old) found.push({ key, before: object, after: undefined });
  return found;
}

/** Whether two catalogs hold the same objects with the same properties. */
export function sameFacts(a: Catalog, b: Catalog): boolean {
  return differences(a, b).length === 0;
}

function ownersOf(wave: readonly Trial[]): ReadonlyMap<RefKey, Trial> {
  return new Map(wave.flatMap((trial) => changedBy(trial).map((ref) => [refKey(ref), trial] as const)));
}

// The key of the change that a difference comes from: its own, or that of what it goes with.
function ownerKey(
  { key, before, after }: Difference,
  owners: ReadonlyMap<RefKey, Trial>,
  now: CatalogView,
): RefKey | undefined {
  if (owners.has(key)) return key;
  const object = after ?? before;
  if (object === undefined) return undefined;
  const sibling = (kind: "constraint" | "index", name: string): RefKey =>
    refKey({ ...object, kind, name, signature: "" });
  const above = object.kind === "index" ? ownerAbove(object, owners, now) : undefined;
  if (above !== undefined) return above;
  // An index comes and goes with its constraint, and a primary key makes its columns NOT NULL.
  if (object.kind === "index" && object.constraint !== null) {
    const owner = sibling("constraint", object.constraint);
    return owners.has(owner) ? owner : undefined;
  }
  if (object.kind === "column" && before?.kind === "column" && after?.kind === "column") {
    const onlyNotNull = facts({ ...before, notNull: true }) === facts(after);
    const primary = now.table(object.schema, object.table)?.primaryKey;
    const owner = onlyNotNull && primary?.columns.includes(object.name) === true ? refKey(primary) : "";
    return owners.has(owner) ? owner : undefined;
  }
  return undefined;
}

// A partition's index comes and goes with the index of the partitioned table that it is a part of.
function ownerAbove(of: ObjectOf<"index">, owners: ReadonlyMap<RefKey, Trial>, now: CatalogView): RefKey | undefined {
  let index = of;
  while (index.partitionOf !== null) {
    const table = now.table(index.schema, index.table)?.table.partitionOf ?? null;
    if (table === null) return undefined;
    const key = refKey({ ...index, schema: table.schema, table: table.table, name: index.partitionOf.name });
    if (owners.has(key)) return key;
    const parent = now.get(key);
    if (parent?.kind !== "index") return undefined;
    index = parent;
  }
  return undefined;
}

function isOwned(change: Difference, owners: ReadonlyMap<RefKey, Trial>, now: CatalogView): boolean {
  return ownerKey(change, owners, now) !== undefined;
}

// Fixes whose tables no other fix of the wave touches: what is seen there is their doing.
function standsAlone(wave: readonly Trial[]): ReadonlySet<Trial> {
  const counts = new Map<string, number>();
  for (const trial of wave) for (const table of tablesOf(trial)) counts.set(table, (counts.get(table) ?? 0) + 1);
  return new Set(wave.filter((trial) => [...tablesOf(trial)].every((table) => counts.get(table) === 1)));
}

// The finding's own rule on the catalog with this fix alone, put together from what was read back.
function stillFires(
  trial: Trial,
  before: Catalog,
  own: readonly Difference[],
  { rules, input }: JudgeOptions,
): boolean {
  const changed = new Map(own.map(({ key, after }) => [key, after]));
  const objects = before.objects.flatMap((object) => {
    const key = refKey(object);
    if (!changed.has(key)) return [object];
    const after = changed.get(key);
    return after === undefined ? [] : [after];
  });
  const created = own.flatMap(({ before: was, after }) => (was === undefined && after !== undefined ? [after] : []));
  const view = viewOf({ ...before, objects: [...objects, ...created] });
  const { findings, failed } = review(
    rules.filter(({ id }) => id === trial.finding.rule),
    { ...input, view },
  );
  return failed.length > 0 || fingerprints(findings).includes(trial.fingerprint);
}
