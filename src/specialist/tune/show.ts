import type { Style } from "../../model/action.ts";
import type { Advice, IndexAdvice, QueryGain } from "../../model/advice.ts";
import type { RewriteSuggestion } from "../../tune/rewrites/suggestions.ts";
import type { Proof, ProofStep } from "../../model/proof.ts";
import type { WorkloadPattern } from "../../model/workload.ts";
import { harmless } from "../harmless.ts";

/** What is told of the workload besides its costs. */
export interface ShownWorkload {
  readonly source: string;
  readonly span_s: number | null;
  readonly leftOut: readonly { readonly what: string; readonly why: string; readonly count: number }[];
  readonly queries: readonly {
    readonly id: string;
    readonly text: string;
    readonly calls: number;
    readonly total_ms: number | null;
  }[];
  /** How many of them the server could not plan. */
  readonly unplanned: number;
  readonly candidates: number;
  /** To the optimum over the plans that were tried, as a share of the cost; null without a bound. */
  readonly gap: number | null;
  /** To what no choice at all of the candidates undercuts; null without a bound. */
  readonly strictGap: number | null;
  /** Indexes that gain too little for their size, and what they would bring; null where none was left out for that. */
  readonly spared: { readonly indexes: number; readonly bytes: number; readonly costAfter: number } | null;
  /** Whether choosing ended by itself, and not by its time limit. */
  readonly finished: boolean;
  readonly time_ms: number;
}

/** Advice with its workload, as it is shown. */
export interface ShownAdvice extends Omit<Advice, "workload"> {
  readonly workload: Advice["workload"] & ShownWorkload;
  readonly patterns: readonly WorkloadPattern[];
  readonly suggestions: readonly RewriteSuggestion[];
}

const QUERIES_SHOWN = 5;
/** Indexes that are told at length. */
const INDEXES_SHOWN = 20;
/** Steps that say more than that they hold: at which scale, and how much. */
const MEASURED_SHOWN: ReadonlySet<string> = new Set(["time", "writes"]);
const LISTED_MAX = 8;
/** A gap below this share would be printed as none. */
const GAP_NONE = 5e-5;

/** The statements alone, in the order in which they run. Settings of the server or a session are comments. */
export function adviceSql({ indexes, drops, settings }: Pick<Advice, "indexes" | "drops" | "settings">): string {
  const lasting = settings.filter(({ what }) => what !== "setting");
  const follow = new Set(lasting.flatMap((one) => one.follow));
  const all = [
    ...[...indexes, ...lasting].map(({ sql }) => sql),
    ...follow,
    // What takes the place of others is there by now.
    ...drops.map(({ sql }) => sql),
  ];
  // A setting is for some queries, or for the whole server: whoever runs this decides.
  const others = settings
    .filter((one) => !lasting.includes(one))
    .map(
      ({ sql }) => `-- ${/^SET\b/i.test(sql) ? "for the queries that gain by it" : "for the whole server"}: ${sql};`,
    );
  if (all.length + others.length === 0) return "-- nothing to do";
  return [...all.map((sql) => `${sql.replace(/;\s*$/, "")};`), ...others].join("\n");
}

/** Advice for a terminal. */
export function showAdvice(shown: ShownAdvice, style: Style): string {
  const advice = harmless(shown, "kept");
  const { indexes, workload, patterns, suggestions, notAdvised, unseen } = advice;
  const ofAll = unprovedOfAll(indexes);
  const told = new Set<string>();
  return [
    ...head(advice, style),
    ...indexes.slice(0, INDEXES_SHOWN).flatMap((one, place) => showIndex(one, place + 1, { ofAll, told }, style)),
    ...shortly(indexes, style),
    ...proofOfAll(indexes, ofAll, style),
    ...changes(advice, style),
    ...section(
      "Ways of asking",
      patterns.map(({ kind, message, remedy, queries }) => [
        `${kind}: ${textOf(advice, queries[0])}`,
        message,
        `remedy: ${remedy}`,
      ]),
      style,
    ),
    ...section(
      "For its author to decide (not tried)",
      byRule(suggestions).map(([first, ...more]) => [
        `${first.rule}: ${textOf(advice, first.query)}${more.length === 0 ? "" : `, and ${more.length} more`}`,
        ...(first.after === null ? [] : [`→ ${oneLine(first.after, 120)}`]),
        first.argument,
        first.whyNotTried,
      ]),
      style,
    ),
    ...section(
      "Tried or thought of, and not advised",
      notAdvised.slice(0, LISTED_MAX).map(({ what, why }) => [what, why]),
      style,
      notAdvised.length,
    ),
    ...section(
      "Not looked at",
      [...unseen, ...workload.leftOut.map(({ what, why, count }) => ({ what: `${what} (${count})`, why }))]
        .slice(0, LISTED_MAX)
        .map(({ what, why }) => [what, why]),
      style,
      unseen.length + workload.leftOut.length,
    ),
  ]
    .join("\n")
    .trimEnd();
}

// Besides new indexes.
function changes({ drops, rewrites, settings }: ShownAdvice, style: Style): string[] {
  return [
    ...section(
      "Drop",
      drops.map(({ sql, reason, cause, bytes, proof }) => [
        `${sql};`,
        `${cause}: ${reason}${bytes === null ? "" : `; ${sizeText(bytes)} (measured)`}`,
        proofText(proof),
      ]),
      style,
    ),
    ...section(
      "Write differently",
      rewrites.map((one) => [
        `${one.rule}: cost ${round(one.costBefore)} → ${round(one.costAfter)}${timeText(one)}`,
        one.before,
        "→",
        one.after,
        one.argument,
        proofText(one.proof),
      ]),
      style,
    ),
    ...section(
      "Statistics and settings",
      settings.map(({ sql, follow, reason, proof }) => [
        [sql, ...follow].map((one) => `${one};`).join(" "),
        reason,
        proofText(proof),
      ]),
      style,
    ),
  ];
}

// What was seen, each with how it was come by.
const proofText = ({ steps }: Proof): string =>
  steps
    .map(({ verdict, standing, observed }) =>
      verdict === "proved"
        ? `${standing}: ${observed}`
        : `${verdict === "refuted" ? "REFUTED" : "not proved"}: ${observed}`,
    )
    .join("\n");

type OneRule = readonly [RewriteSuggestion, ...RewriteSuggestion[]];

// The same advice for many queries is told once.
function byRule(suggestions: readonly RewriteSuggestion[]): readonly OneRule[] {
  const groups = new Map<string, [RewriteSuggestion, ...RewriteSuggestion[]]>();
  for (const one of suggestions) {
    const known = groups.get(one.rule);
    if (known === undefined) groups.set(one.rule, [one]);
    else known.push(one);
  }
  return [...groups.values()];
}

function head({ indexes, workload }: ShownAdvice, style: Style): string[] {
  const { costBefore, costAfter, budget_bytes, queries, unplanned, source } = workload;
  const share = costBefore > 0 ? costAfter / costBefore : 1;
  const bytes = indexes.reduce((sum, one) => sum + one.bytes, 0);
  const planned = queries.length - unplanned;
  const of = `${planned} ${planned === 1 ? "query" : "queries"} of ${source}${unplanned === 0 ? "" : ` (${unplanned} more could not be planned, see below)`}`;
  const size = `${sizeText(bytes)}${budget_bytes === null ? "" : ` (budget ${sizeText(budget_bytes)})`}`;
  const cost = `workload cost ${round(costBefore)}${indexes.length === 0 ? "" : ` → ${style.bold(round(costAfter))} (${percent(share)})`}`;
  return [
    indexes.length === 0
      ? `${style.bold("No new index pays")} for ${of}`
      : `${style.bold(`${indexes.length} ${indexes.length === 1 ? "index" : "indexes"}`)} of ${size} for ${of}`,
    `${cost}, estimated by the planner with production's statistics`,
    ...searchText(workload, style),
    ...sparedText(workload, style),
    "",
  ];
}

// How the choice was made; without candidates there was none.
function searchText({ gap, strictGap, candidates, time_ms, finished }: ShownWorkload, style: Style): string[] {
  if (candidates === 0) return [];
  const bounds = [
    gap === null
      ? "no bound was computed"
      : gap < GAP_NONE
        ? "no choice among the plans tried costs less"
        : `no choice among the plans tried costs more than ${percent(gap)} less`,
    ...(strictGap === null ? [] : [`no choice at all of these candidates costs more than ${percent(strictGap)} less`]),
  ];
  const time = `${(time_ms / 1_000).toFixed(1)} s${finished ? "" : ", cut off by --time"}`;
  return [style.dim(`${candidates} ${candidates === 1 ? "candidate" : "candidates"} in ${time}; ${bounds.join(", ")}`)];
}

function sparedText({ spared, costBefore }: ShownAdvice["workload"], style: Style): string[] {
  if (spared === null) return [];
  const { indexes, bytes, costAfter } = spared;
  const more = indexes === 1 ? "1 more index gains" : `${indexes} more indexes gain`;
  return [
    style.dim(
      `${more} too little for the size and ${indexes === 1 ? "is" : "are"} left out: with ${sizeText(Math.max(0, bytes))} more the cost would be ${percent(costBefore > 0 ? costAfter / costBefore : 1)} (--budget unlimited)`,
    ),
  ];
}

// What is not proved of any index, for the same reason: it is told once.
function unprovedOfAll([first, ...others]: readonly IndexAdvice[]): readonly ProofStep[] {
  const same = (step: ProofStep, { proof }: IndexAdvice): boolean =>
    proof.steps.some(
      ({ id, observed, verdict }) => id === step.id && observed === step.observed && verdict !== "proved",
    );
  return (first?.proof.steps ?? []).filter(
    (step) => step.verdict !== "proved" && others.every((other) => same(step, other)),
  );
}

function proofOfAll(indexes: readonly IndexAdvice[], ofAll: readonly ProofStep[], style: Style): string[] {
  const [first] = indexes;
  if (first === undefined) return [];
  const proved = first.proof.steps.filter(({ id }) =>
    indexes.every(({ proof }) => proof.steps.some((step) => step.id === id && step.verdict === "proved")),
  );
  return [
    ...(proved.length === 0
      ? []
      : [
          `${indexes.length === 1 ? "it" : "each"}: ${proved.map(({ claim, standing }) => `${claim} (${standing})`).join("; ")}`,
        ]),
    ...ofAll.map(
      ({ claim, observed, verdict }) => `${verdict === "refuted" ? "REFUTED" : "not proved"}: ${claim}: ${observed}`,
    ),
    "",
  ].map((line) => (line === "" ? line : style.dim(line)));
}

// Bytes and build time have been measured where rows were drawn, and scaled where those were fewer.
function standingOf({ bytesStanding, proof }: IndexAdvice): string {
  const ratio = Number(proof.steps.find(({ id }) => id === "size")?.figures?.["ratio"] ?? 1);
  return bytesStanding === "measured" && ratio > 1.05
    ? `measured on 1/${ratio.toFixed(ratio < 10 ? 1 : 0)} of the rows, and scaled`
    : bytesStanding;
}

// Beyond so many nobody reads on: what they are and what they do has a line each.
function shortly(indexes: readonly IndexAdvice[], style: Style): string[] {
  const rest = indexes.slice(INDEXES_SHOWN);
  if (rest.length === 0) return [];
  return [
    ...rest.map(
      ({ sql, bytes, costBefore, costAfter }, place) =>
        `${INDEXES_SHOWN + place + 1}. ${sql}; ${style.dim(`${sizeText(bytes)}, workload cost ${round(costBefore)} → ${round(costAfter)}`)}`,
    ),
    "",
  ];
}

/** What stands once for several indexes. */
interface Told {
  readonly ofAll: readonly ProofStep[];
  /** Observations that were shown, each with its table. */
  readonly told: Set<string>;
}

function showIndex(one: IndexAdvice, number: number, { ofAll, told }: Told, style: Style): string[] {
  const build = one.buildTime_s === null ? "" : `, about ${secondsText(one.buildTime_s)} to build`;
  const lines = [
    style.bold(`${number}. ${one.sql};`),
    `   ${sizeText(one.bytes)}${build} (${standingOf(one)}); workload cost ${round(one.costBefore)} → ${round(one.costAfter)}${one.writeCost > 0 ? `, of which writing it ${round(one.writeCost)}` : ""} (estimated)`,
  ];
  if (one.reason !== "") lines.push(`   ${one.reason}`);
  lines.push(...gains(one.queries, style.green("helps"), style), ...gains(one.slower, style.red("slower"), style));
  if (one.replaces.length > 0) lines.push(`   makes needless: ${one.replaces.join(", ")}`);
  for (const { id, claim, verdict, standing, observed } of one.proof.steps) {
    if (verdict === "proved") {
      // A batch of writes is timed with all new indexes of its table.
      const key = JSON.stringify([one.index.schema, one.index.table, id, observed]);
      if (standing === "measured" && MEASURED_SHOWN.has(id) && !told.has(key))
        lines.push(`   measured ${id}: ${style.dim(observed)}`);
      told.add(key);
    } else if (!ofAll.some((step) => step.id === id))
      lines.push(`   ${style.dim(`${verdict === "refuted" ? "REFUTED" : "not proved"}: ${claim}: ${observed}`)}`);
  }
  return [...lines, ""];
}

function gains(queries: readonly QueryGain[], label: string, style: Style): string[] {
  const shown = queries
    .slice(0, QUERIES_SHOWN)
    .map(
      (one) =>
        `   ${label} ${round(one.costBefore)} → ${round(one.costAfter)}${timeText(one)}  ${style.dim(oneLine(one.text, style.columns - 40))}`,
    );
  return queries.length > QUERIES_SHOWN ? [...shown, `   ${label} ${queries.length - QUERIES_SHOWN} more`] : shown;
}

function section(title: string, entries: readonly (readonly string[])[], style: Style, all = entries.length): string[] {
  if (entries.length === 0) return [];
  const more = all > entries.length ? [`  … and ${all - entries.length} more (--json has all)`] : [];
  return [
    style.bold(title),
    ...entries.flatMap(([first = "", ...rest]) => [
      `  ${first}`,
      ...rest.flatMap((text) => text.split("\n").map((line) => `    ${style.dim(line)}`)),
    ]),
    ...more,
    "",
  ];
}

const textOf = ({ workload }: ShownAdvice, id: string | undefined): string =>
  oneLine(workload.queries.find((one) => one.id === id)?.text ?? id ?? "", 80);

function oneLine(text: string, width: number): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  const most = Math.max(30, width);
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}

const timeText = ({
  msBefore,
  msAfter,
}: {
  readonly msBefore: number | null;
  readonly msAfter: number | null;
}): string =>
  msBefore === null || msAfter === null
    ? ""
    : `, time ${milliseconds(msBefore)} → ${milliseconds(msAfter)} ms (measured)`;

const milliseconds = (ms: number): string => ms.toFixed(ms < 1 ? 3 : 1);

const round = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
const secondsText = (seconds: number): string => (seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${seconds} s`);

/** Bytes as people write them. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}
