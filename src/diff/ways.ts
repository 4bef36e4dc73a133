import type { Change } from "../model/change.ts";
import type { RefKey } from "../model/ref.ts";
import { refKey } from "../model/ref.ts";
import type { Decision } from "./decide.ts";
import type { Piece } from "./piece.ts";
import { dependentsOf } from "./strategies/facts.ts";
import type { Strategy, StrategyContext, StrategyStep } from "./strategy.ts";

/** A piece with the way in which it is made. */
export interface Way extends Piece {
  /** Null: its change is printed as it is. */
  readonly strategy: { readonly id: string; readonly steps: readonly StrategyStep[] } | null;
  /** Pieces with the same label that follow one another run in one transaction, whatever else says. */
  readonly label: string | null;
}

interface Chosen {
  readonly strategy: Strategy;
  readonly steps: readonly StrategyStep[];
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
    chosen.set(piece.id, { strategy, steps: strategy.steps(change, context) });
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
  decision: Decision,
): readonly Way[] {
  const { chosen, takers } = choose(pieces, strategies, context);
  const ways: Way[] = [];
  const labels = new Map<string, string>();
  const exchanged = new Map<RefKey, string>();
  for (const piece of pieces.values()) {
    const made = chosen.get(piece.id);
    if (made === undefined) {
      const taker = takers.get(piece.id);
      // What waits for it waits for the strategy that makes it along.
      const free = taker === undefined ? piece : { ...piece, change: null, wishes: new Set([...piece.wishes, taker]) };
      ways.push({ ...free, strategy: null, label: null });
      continue;
    }
    const own = inTurn(withTaken(piece, pieces, takers), made, context, exchanged);
    ways.push(...apart(own, made, around(piece, pieces, decision), labels));
  }
  const ids = new Set(ways.map(({ id }) => id));
  return ways.map((way): Way => {
    // What an exchanged object leaves behind still stands on what it stood on.
    const finish = way.change?.type === "drop" ? [...way.needs].map((id) => `finish ${id}`) : [];
    const more = finish.filter((id) => ids.has(id) && id !== way.id);
    return {
      ...way,
      needs: more.length === 0 ? way.needs : new Set([...way.needs, ...more]),
      label: way.label ?? labels.get(way.id) ?? null,
    };
  });
}

// What the changes need that a piece makes along, it needs itself.
function withTaken(piece: Piece, pieces: ReadonlyMap<string, Piece>, takers: ReadonlyMap<string, string>): Piece {
  if (![...piece.needs].some((id) => takers.get(id) === piece.id)) return piece;
  const needs = new Set<string>();
  const wishes = new Set(piece.wishes);
  for (const id of piece.needs) {
    if (takers.get(id) !== piece.id) needs.add(id);
    else for (const other of pieces.get(id)?.needs ?? []) if (other !== piece.id) wishes.add(other);
  }
  return { ...piece, needs, wishes };
}

// Columns of one index are exchanged one after the other: each copies the index as the one before has left it.
function inTurn(piece: Piece, { steps }: Chosen, context: StrategyContext, exchanged: Map<RefKey, string>): Piece {
  const { change } = piece;
  if (change?.type !== "alter" || change.before.kind !== "column" || !steps.some(({ swap }) => swap === true))
    return piece;
  const wishes = new Set(piece.wishes);
  for (const index of dependentsOf(context.from, refKey(change.before))) {
    if (index.kind !== "index") continue;
    const before = exchanged.get(refKey(index));
    if (before !== undefined) wishes.add(before).add(`finish ${before}`);
    exchanged.set(refKey(index), piece.id);
  }
  return { ...piece, wishes };
}

// The pieces that make room for a piece, and those that build again what made room.
function around(piece: Piece, pieces: ReadonlyMap<string, Piece>, decision: Decision): readonly Piece[] {
  const { change } = piece;
  if (change?.type !== "alter") return [];
  const found: Piece[] = [];
  const seen = new Set<RefKey>();
  const visit = (key: RefKey): void => {
    if (seen.has(key)) return;
    seen.add(key);
    for (const id of [`drop ${key}`, `create ${key}`]) {
      const other = pieces.get(id);
      if (other === undefined) continue;
      found.push(other);
      for (const need of other.needs) if (other.rebuild && need.startsWith("drop ")) visit(need.slice("drop ".length));
    }
  };
  for (const key of decision.inTheWay.get(refKey(change.before)) ?? []) visit(key);
  return found.filter((one) => one.rebuild);
}

function apart(piece: Piece, made: Chosen, room: readonly Piece[], labels: Map<string, string>): readonly Way[] {
  const { strategy, steps } = made;
  const first = steps.findIndex((step) => step.swap === true);
  const last = steps.findLastIndex((step) => step.swap === true);
  if (first < 0) return inPhases(piece, strategy.id, steps, "prepare");
  const ids = new Set(room.map(({ id }) => id));
  const before: readonly Way[] = inPhases(
    { ...piece, id: `prepare ${piece.id}`, needs: new Set([...piece.needs].filter((id) => !ids.has(id))) },
    strategy.id,
    steps.slice(0, first),
    "prepare",
  );
  const after = { ...piece, id: `finish ${piece.id}`, rank: piece.rank + 0.1, wishes: new Set<string>() };
  const label = room.length === 0 ? null : `swap ${piece.id}`;
  if (label !== null) for (const one of room) labels.set(one.id, label);
  const swap: Way = {
    ...piece,
    needs: new Set([...before.map(({ id }) => id), ...piece.needs]),
    // What the rebuilt objects need besides is made first, so that they come back at once.
    wishes: new Set([
      ...piece.wishes,
      ...room.flatMap((one) => [...one.needs]).filter((id) => id !== piece.id && !ids.has(id)),
    ]),
    strategy: { id: strategy.id, steps: steps.slice(first, last + 1) },
    label,
  };
  const needs = new Set([piece.id, ...[...ids].filter((id) => id.startsWith("create "))]);
  return [...before, swap, ...inPhases({ ...after, needs }, strategy.id, steps.slice(last + 1), "finish")];
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
