import type { Brief, BriefEntity, BriefRetention } from "../model/brief.ts";

/** Rows and how they came to be known. */
export interface DraftVolume {
  readonly now_rows: number;
  readonly per_month_rows: number;
  readonly horizon_rows: number;
  /** Stated in the brief, or null to be computed from the columns. */
  readonly row_bytes: number | null;
  readonly skew: number;
  readonly standing: "stated" | "inferred";
  readonly because: string;
}

// The mean Gregorian month.
const SECONDS_PER_MONTH = 2_629_746;

// A stated rate is a peak; over a month an application for people averages an eighth of it (a working day
// of eight hours, five days a week, with a peak of twice the mean: 0.24 / 2).
const MEAN_OF_PEAK = 1 / 8;

// Where nothing at all is known.
const UNKNOWN_ROWS = 1_000;
const CHILDREN_PER_PARENT = 3;

/**
 * After how long rows go by their age: what the entity states, or, for rows that are only ever appended, what
 * is stated for the whole system. Rows that live on (a customer, a project) do not expire by their age.
 */
export function retentionOf(brief: Brief, entity: BriefEntity): BriefRetention | null {
  return entity.retention ?? (entity.appendOnly ? brief.retention : null);
}

/**
 * Rows at the horizon: what is there and what comes, less what retention removes. What exists today is
 * taken to be gone once the retention period lies within the horizon.
 */
export function horizonRows(
  now_rows: number,
  per_month_rows: number,
  horizon_months: number,
  retain_months: number | null,
): number {
  if (retain_months !== null && retain_months < horizon_months) return Math.round(per_month_rows * retain_months);
  return Math.round(now_rows + per_month_rows * horizon_months);
}

/** The volumes of all entities, from the brief alone. */
export function entityVolumes(
  brief: Brief,
  entities: ReadonlyMap<string, BriefEntity>,
): ReadonlyMap<string, DraftVolume> {
  const known = new Map<string, DraftVolume>();
  const underWay = new Set<string>();
  const volumeOf = (entity: BriefEntity): DraftVolume => {
    const found = known.get(entity.name);
    if (found !== undefined) return found;
    underWay.add(entity.name);
    const guess = guessed(brief, entity, (name) => {
      const parent = entities.get(name);
      return parent === undefined || underWay.has(name) ? null : volumeOf(parent);
    });
    underWay.delete(entity.name);
    const { volume } = entity;
    const now_rows = volume.now_rows ?? guess.now_rows;
    // A table whose size is stated and whose growth is not is taken to keep its size.
    const per_month_rows = volume.per_month_rows ?? (volume.now_rows === null ? guess.per_month_rows : 0);
    const retention = retentionOf(brief, entity);
    const removes = retention !== null && retention.then !== "anonymise" && per_month_rows > 0;
    const result: DraftVolume = {
      now_rows,
      per_month_rows,
      horizon_rows: Math.max(
        horizonRows(now_rows, per_month_rows, brief.horizon_months, removes ? retention.months : null),
        1,
      ),
      row_bytes: volume.row_bytes,
      skew: volume.skew ?? 0.01,
      standing: volume.now_rows === null ? "inferred" : "stated",
      because: volume.now_rows === null ? guess.because : "stated in the brief",
    };
    known.set(entity.name, result);
    return result;
  };
  for (const entity of entities.values()) volumeOf(entity);
  return known;
}

interface Guess {
  readonly now_rows: number;
  readonly per_month_rows: number;
  readonly because: string;
}

function guessed(brief: Brief, entity: BriefEntity, parentVolume: (name: string) => DraftVolume | null): Guess {
  const inserts = brief.patterns.find(
    (pattern) => pattern.operation === "insert" && pattern.entity === entity.name && pattern.rate_per_s !== null,
  );
  if (inserts !== undefined) {
    const per_month_rows = Math.round((inserts.rate_per_s ?? 0) * SECONDS_PER_MONTH * MEAN_OF_PEAK);
    return {
      now_rows: UNKNOWN_ROWS,
      per_month_rows,
      because: `inferred from "${inserts.name}": ${inserts.rate_per_s}/s at the peak, an eighth of that on average`,
    };
  }
  const parents = [
    ...(entity.isA === null ? [] : [{ name: entity.isA, factor: 1 }]),
    ...entity.belongsTo
      .filter((relation) => relation.targets[0] !== brief.tenancy?.tenant)
      .map((relation) => ({ name: relation.targets[0] ?? "", factor: relation.one ? 1 : CHILDREN_PER_PARENT })),
  ];
  for (const { name, factor } of parents) {
    const volume = parentVolume(name);
    if (volume === null) continue;
    return {
      now_rows: volume.now_rows * factor,
      per_month_rows: volume.per_month_rows * factor,
      because: `inferred: ${factor === 1 ? "one row" : `${factor} rows`} to each ${name}`,
    };
  }
  return {
    now_rows: UNKNOWN_ROWS,
    per_month_rows: 0,
    because: `inferred: nothing is stated, ${UNKNOWN_ROWS} rows assumed`,
  };
}
