import type { Change } from "../model/change.ts";
import type { RefKey } from "../model/ref.ts";
import { refKey } from "../model/ref.ts";
import type { Piece } from "./piece.ts";
import { BOTH, dependentsOf, viewed } from "./strategies/facts.ts";
import type { Strategy, StrategyContext, StrategyStep } from "./strategy.ts";

/** A piece with the way in which it is made. */
export interface Way extends Piece {
  /** Null: its change is printed as it is. */
  readonly strategy: { readonly id: string; readonly steps: readonly StrategyStep[] } | null;
  /** Of its wishes those that are given up last; absent: none. */
  readonly firm?: ReadonlySet<string>;
  /** Pieces with the same label that follow one another run in one transaction, whatever else says. */
  readonly label: string | null;
}

interface Chosen {
  readonly strategy: Strategy;
  readonly steps: readonly StrategyStep[];
  /** Pieces after which its first step comes. */
  readonly after: readonly string[];
}

// The first strategy that applies to each change, and the pieces whose changes another strategy makes along.
function choose(
  pieces: ReadonlyMap<string, Piece>,
  strategies: readonly Strategy[],
  context: StrategyContext,
): { readonly chosen: ReadonlyMap<string, Chosen>; readonly takers: ReadonlyMap<string, string> } {
  const chosen = new Map<string, Chosen>();
  const takers = new Map<string, string>();
  const usable = strategies.filter(({ engines }) => engines.includes(context.dialect.engine));
  const idOf = new Map<Change, string>();
  for (const piece of pieces.values()) if (piece.change !== null) idOf.set(piece.change, piece.id);
  const byKey = new Map<RefKey, Change[]>();
  for (const change of idOf.keys()) {
    const key = refKey("object" in change ? change.object : change.before);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [change]);
    else known.push(change);
  }
  const changesOf = (key: RefKey): readonly Change[] => byKey.get(key) ?? [];
  for (const piece of pieces.values()) {
    const { change } = piece;
    // What only makes room is out of the way for a moment and comes back.
    if (change === null || takers.has(piece.id) || (piece.rebuild && change.type !== "create")) continue;
    const strategy = usable.find((one) => one.applies(change, context));
    if (strategy === undefined) continue;
    const along = (strategy.takes?.(change, changesOf, context) ?? []).map((one) => idOf.get(one) ?? "");
    for (const id of along) {
      takers.set(id, piece.id);
      chosen.delete(id);
    }
    const after = (strategy.after?.(change, changesOf, context) ?? []).flatMap((one) => idOf.get(one) ?? []);
    chosen.set(piece.id, { strategy, steps: strategy.steps(change, context), after });
  }
  return { chosen, takers };
}

/**
 * Gives each piece its way. A strategy that exchanges an object at one moment (`swap`) is taken apart there, so that
 * what stands in the way is gone for that moment alone.
 */
export function waysOf(
  pieces: ReadonlyMap<string, Piece>,
  strategies: readonly Strategy[],
  context: StrategyContext,
): readonly Way[] {
  const { chosen, takers } = choose(pieces, strategies, context);
  const ways: Way[] = [];
  const exchanged = new Map<RefKey, string>();
  const filled = new Map<string, string>();
  for (const piece of pieces.values()) {
    const made = chosen.get(piece.id);
    if (made === undefined) {
      const taker = takers.get(piece.id);
      // What waits for it waits for the strategy that makes it along.
      const free =
        taker === undefined
          ? piece
          : { ...piece, change: null, wishes: new Set([...piece.wishes, taker]), firm: new Set([taker]) };
      ways.push({ ...free, strategy: null, label: null });
      continue;
    }
    const own = inTurn(withTaken(piece, pieces, takers), made, context, exchanged);
    const swaps = made.steps.some(({ swap }) => swap === true);
    const parts = own.rebuild && !swaps ? backAgain(own, made, context) : apart(own, made, pieces);
    const last = parts.findLast(({ strategy }) => strategy?.steps[0]?.phase === "migrate");
    if (last !== undefined) for (const id of made.after) filled.set(id, last.id);
    ways.push(...parts);
  }
  return ways.map(inGoodTime(ways)).map(readingLate(filled)).map(onceExchanged(ways));
}

// What is made of a column before it is exchanged would hang on the half that goes.
function onceExchanged(ways: readonly Way[]): (way: Way) => Way {
  const exchanged = new Set<string>();
  for (const { id, change, strategy } of ways)
    if (change?.type === "alter" && strategy?.steps.some(({ swap }) => swap === true) === true) exchanged.add(id);
  return (way) => {
    const firm = [...way.wishes].filter((id) => exchanged.has(id));
    return firm.length === 0 ? way : { ...way, firm: new Set([...(way.firm ?? []), ...firm]) };
  };
}

// Views read a place only once it is filled.
function readingLate(filled: ReadonlyMap<string, string>): (way: Way) => Way {
  return (way) => {
    const { change } = way;
    if (filled.size === 0 || change === null) return way;
    if (("object" in change ? change.object : change.before).kind !== "view") return way;
    const late = [...way.needs].flatMap((id) => filled.get(id) ?? []);
    return late.length === 0 ? way : { ...way, needs: new Set([...way.needs, ...late]) };
  };
}

// A table of a type has just the type's columns, and none that an exchange leaves behind.
function becomesTyped(change: Change | null): boolean {
  return change?.type === "alter" && change.after.kind === "table" && change.properties.includes("ofType");
}

// What makes room goes no earlier than it must, and what an exchanged object leaves behind no later; it stands on what
// the object stood on.
function inGoodTime(ways: readonly Way[]): (way: Way) => Way {
  const ids = new Set(ways.map(({ id }) => id));
  const prepared = new Map<string, string[]>();
  const rebuilt = new Map<string, string[]>();
  for (const { id, needs, rebuild, change } of ways)
    for (const need of needs) {
      const [map, value] = ids.has(`prepare ${id}`) ? [prepared, `prepare ${id}`] : [rebuilt, id];
      if (map === rebuilt && !(rebuild && change?.type === "create")) continue;
      const known = map.get(need);
      if (known === undefined) map.set(need, [value]);
      else known.push(value);
    }
  return (way) => {
    const isDrop = way.change?.type === "drop";
    const finished =
      isDrop || becomesTyped(way.change) ? [...way.needs].map((id) => `finish ${id}`).filter((id) => ids.has(id)) : [];
    const later = isDrop && way.rebuild ? [...(prepared.get(way.id) ?? []), ...writesBefore(way, ways)] : [];
    const own = way.id.startsWith("finish ") ? (rebuilt.get(way.id.slice("finish ".length)) ?? []) : [];
    const needs = finished.filter((id) => id !== way.id);
    const wishes = [...later, ...own];
    if (needs.length === 0 && wishes.length === 0) return way;
    return { ...way, needs: new Set([...way.needs, ...needs]), wishes: new Set([...way.wishes, ...wishes]) };
  };
}

// Rows of a table that is published are written while its primary key tells which they are.
function writesBefore({ change }: Way, ways: readonly Way[]): readonly string[] {
  if (change?.type !== "drop" || change.object.kind !== "constraint" || change.object.type !== "primary key") return [];
  const { schema, table } = change.object;
  return ways.flatMap(({ id, change: other }) =>
    id.startsWith("prepare ") &&
    other?.type === "alter" &&
    other.after.kind === "column" &&
    other.after.table === table &&
    other.after.schema === schema
      ? [id]
      : [],
  );
}

// What the changes need that a piece makes along, it needs itself.
function withTaken(piece: Piece, pieces: ReadonlyMap<string, Piece>, takers: ReadonlyMap<string, string>): Piece {
  if (![...piece.needs].some((id) => takers.get(id) === piece.id)) return piece;
  const needs = new Set<string>();
  const wishes = new Set(piece.wishes);
  for (const id of piece.needs) {
    if (takers.get(id) !== piece.id) needs.add(id);
    else
      for (const other of pieces.get(id)?.needs ?? [])
        // What makes room for what is taken along makes room for the whole.
        if (other !== piece.id) (makesRoom(other, pieces) ? needs : wishes).add(other);
  }
  return { ...piece, needs, wishes };
}

const makesRoom = (id: string, pieces: ReadonlyMap<string, Piece>): boolean =>
  id.startsWith("drop ") && pieces.get(id)?.rebuild === true;

// Columns of one index are exchanged one after the other: each copies the index as the one before has left it.
function inTurn(piece: Piece, { steps }: Chosen, context: StrategyContext, exchanged: Map<RefKey, string>): Piece {
  const { change } = piece;
  if (change?.type !== "alter" || change.before.kind !== "column" || !steps.some(({ swap }) => swap === true))
    return piece;
  const needs = new Set(piece.needs);
  for (const index of dependentsOf(context.from, refKey(change.before))) {
    if (index.kind !== "index") continue;
    const before = exchanged.get(refKey(index));
    if (before !== undefined) needs.add(before).add(`finish ${before}`);
    exchanged.set(refKey(index), piece.id);
  }
  return { ...piece, needs };
}

// What comes back as it was is no news to code written before. What only validates it follows.
function backAgain(piece: Piece, { strategy, steps }: Chosen, { from }: StrategyContext): readonly Way[] {
  const object = piece.change?.type === "create" ? piece.change.object : null;
  const before = object === null ? undefined : viewed(from).get(refKey(object));
  const same = before?.kind === "constraint" && object?.kind === before.kind && object.definition === before.definition;
  const known = same ? steps.map((step): StrategyStep => ({ ...step, phase: "migrate", compatible: BOTH })) : steps;
  const end = known.findIndex(({ sql }) => / VALIDATE CONSTRAINT /.test(sql));
  if (end <= 0) return inPhases(piece, strategy.id, known, "prepare");
  const first: Way = { ...piece, strategy: { id: strategy.id, steps: known.slice(0, end) }, label: null };
  const rest = { ...piece, id: `finish ${piece.id}`, needs: new Set([piece.id]), wishes: new Set<string>() };
  return [first, ...inPhases(rest, strategy.id, known.slice(end), "finish")];
}

function apart(
  piece: Piece,
  { strategy, steps, after: earlier }: Chosen,
  pieces: ReadonlyMap<string, Piece>,
): readonly Way[] {
  const first = steps.findIndex((step) => step.swap === true);
  const last = steps.findLastIndex((step) => step.swap === true);
  if (first < 0)
    return inPhases({ ...piece, needs: new Set([...piece.needs, ...earlier]) }, strategy.id, steps, "prepare");
  // What stands in the way does so at the exchange alone, and what hangs on an object that goes stays until it goes.
  const isDrop = piece.change?.type === "drop";
  const needs = isDrop ? [] : [...piece.needs].filter((id) => !makesRoom(id, pieces));
  const prepared = { ...piece, id: `prepare ${piece.id}`, needs: new Set([...needs, ...earlier]) };
  const before = inPhases(prepared, strategy.id, steps.slice(0, first), "prepare");
  const swap: Way = {
    ...piece,
    needs: new Set([...before.map(({ id }) => id), ...piece.needs, ...earlier]),
    strategy: { id: strategy.id, steps: steps.slice(first, last + 1) },
    label: null,
  };
  const after = { ...piece, id: `finish ${piece.id}`, rank: piece.rank + 0.1 };
  const finish = { ...after, needs: new Set([piece.id]), wishes: new Set<string>() };
  return [...before, swap, ...inPhases(finish, strategy.id, steps.slice(last + 1), "finish")];
}

// The steps of each phase by themselves, one after the other; the last has the piece's id.
function inPhases(
  piece: Piece,
  strategy: string,
  steps: readonly StrategyStep[],
  name: "prepare" | "finish",
): readonly Way[] {
  const runs: StrategyStep[][] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const together = before?.together !== undefined && before.together === step.together;
    if (run !== undefined && (before?.phase === step.phase || together)) run.push(step);
    else runs.push([step]);
  }
  if (runs.length === 0 && !piece.id.startsWith(name)) runs.push([]);
  const own = piece.id.replace(/^(?:prepare|finish) /, "");
  return runs.map((run, place): Way => ({
    ...piece,
    id: place === runs.length - 1 ? piece.id : `${name} ${place} ${own}`,
    needs: place === 0 ? piece.needs : new Set([`${name} ${place - 1} ${own}`]),
    wishes: place === 0 ? piece.wishes : new Set(),
    strategy: { id: strategy, steps: run },
    label: null,
  }));
}
