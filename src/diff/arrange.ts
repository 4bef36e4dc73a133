import type { CatalogObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { cyclesOf, inOrder } from "../model/order.ts";
import type { Phase } from "../model/plan.ts";
import { refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import { clustersOf } from "./at-once.ts";
import type { Comparison } from "./compare.ts";
import type { Decision } from "./decide.ts";
import type { Inheritance } from "./heirs.ts";
import { piecesOf } from "./pieces.ts";
import { rolloutOf } from "./phase.ts";
import type { Cuts, Piece } from "./piece.ts";
import type { Way } from "./ways.ts";

const nodesOf = <P extends Ordered>(pieces: Iterable<P>): { id: string; needs: string[]; piece: P }[] =>
  [...pieces]
    .toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    .map((piece) => ({ id: piece.id, needs: [...piece.needs, ...piece.wishes], piece }));

// What is in a circle together with something else.
function circular(pieces: ReadonlyMap<string, Piece>): ReadonlyMap<string, number> {
  const nodes = [...pieces.values()].map(({ id, needs }) => ({ id, needs: [...needs] }));
  const cycles = cyclesOf(nodes);
  const sizes = new Map<number, number>();
  for (const number of cycles.values()) sizes.set(number, (sizes.get(number) ?? 0) + 1);
  return new Map([...cycles].filter(([, number]) => (sizes.get(number) ?? 0) > 1));
}

const READS: ReadonlySet<CatalogObject["kind"]> = new Set(["policy", "rule", "trigger"]);

// Circles are cut at what can be made later or dropped earlier: defaults, a domain's checks, constraints,
// and all but the name of a range.
function cutsOf(
  circle: ReadonlyMap<string, number>,
  comparison: Comparison,
  decision: Decision,
  atOnce: boolean,
): Cuts {
  const postponed = new Set<RefKey>();
  const alone = new Set<RefKey>();
  for (const id of circle.keys()) {
    const table = /^(drop|create) (table .*)$/s.exec(id);
    if (table?.[2] === undefined) {
      const key = /^create ((?:column|domain|range) .*)$/s.exec(id)?.[1];
      if (key !== undefined) postponed.add(key);
      continue;
    }
    const side = table[1] === "drop" ? comparison.from : comparison.to;
    for (const key of side.dependents(table[2])) {
      const object = side.objects.get(key);
      if (table[1] === "create" && object?.kind === "column" && object.default !== null) postponed.add(key);
      // What reads through views what they read of the table.
      if (table[1] === "drop" && object !== undefined && READS.has(object.kind)) alone.add(key);
      if (object?.kind !== "constraint") continue;
      if (object.inherited) continue;
      if (table[1] === "drop" ? object.references !== null : object.type === "check") alone.add(key);
    }
  }
  // A default of a dropped table that a dropped function needs, and the like, is left to the order of drops.
  for (const key of postponed) if (!decision.created.has(key)) postponed.delete(key);
  return { postponed, alone, atOnce };
}

/** The pieces of a plan, circles cut, not yet in order; `atOnce`: see {@link Cuts}. */
export function cutPieces(
  comparison: Comparison,
  decision: Decision,
  heirs: Inheritance,
  atOnce: boolean,
): ReadonlyMap<string, Piece> {
  const cuts: Cuts = { postponed: new Set(), alone: new Set(), atOnce };
  const pieces = piecesOf(comparison, decision, heirs, cuts);
  const circle = circular(pieces);
  return circle.size === 0
    ? pieces
    : piecesOf(comparison, decision, heirs, cutsOf(circle, comparison, decision, atOnce));
}

/**
 * Changes that create objects of FROM again after they, and what went along with them, were dropped, in an order
 * that works.
 */
export function recreation({ from, to }: Comparison): (objects: readonly CatalogObject[]) => readonly Change[] {
  return (objects) => {
    const created = new Map(objects.map((object) => [refKey(object), object]));
    const none = new Map<never, never>();
    const back: Comparison = { from: to, to: from, gone: none, come: created, changed: none, isUndo: true };
    const decision: Decision = {
      dropped: none,
      created,
      altered: none,
      loose: none,
      aside: new Set(),
      inTheWay: none,
      reasons: none,
    };
    const heirs: Inheritance = { altered: none, inTheWay: none, after: none, givenBack: none };
    return arranged(cutPieces(back, decision, heirs, true).values()).flatMap(({ change }) =>
      change === null ? [] : [change],
    );
  };
}

/** What is put in order. */
type Ordered = Pick<Piece, "id" | "rank"> & {
  readonly needs: ReadonlySet<string>;
  readonly wishes: ReadonlySet<string>;
  /** Of the wishes those that are given up last; absent: none. */
  readonly firm?: ReadonlySet<string>;
};

/** Puts pieces in an order that works. */
export function arranged<P extends Ordered>(pieces: Iterable<P>): readonly P[] {
  return inOrder(nodesInNeed(pieces)).map((node) => node.piece);
}

function nodesInNeed<P extends Ordered>(pieces: Iterable<P>): ReturnType<typeof nodesOf<P>> {
  const nodes = nodesOf(pieces);
  if (nodes.every(({ piece }) => piece.wishes.size === 0)) return nodes;
  const cycles = cyclesOf(nodes);
  const circles = new Map<number, typeof nodes>();
  for (const node of nodes) {
    const number = cycles.get(node.id) ?? -1;
    const known = circles.get(number);
    if (known === undefined) circles.set(number, [node]);
    else known.push(node);
  }
  for (const circle of circles.values()) if (circle.length > 1) breakCircle(circle);
  return nodes;
}

// Steps of searching that a circle of wishes is worth.
const SEARCH_MAX = 5_000_000;

// Of the wishes that run in a circle those are granted, one after the other, that close none: the firm ones first, then
// those by which all stays in the order given.
function breakCircle(circle: ReturnType<typeof nodesOf>): void {
  const needs = new Map(circle.map(({ id, piece }) => [id, new Set(piece.needs)]));
  const places = new Map(circle.map(({ id }, place) => [id, place]));
  const isWish = (piece: Ordered, id: string): boolean => !piece.needs.has(id) && needs.has(id);
  const wishes = circle.flatMap(({ piece }, place) =>
    [...piece.wishes]
      .filter((id) => isWish(piece, id))
      .map((to) => ({ piece, to, weight: piece.firm?.has(to) === true ? 2 : Number((places.get(to) ?? 0) < place) })),
  );
  const reaches = (from: string, to: string): boolean => {
    const met = new Set([from]);
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return true;
      for (const next of needs.get(at) ?? [])
        if (needs.has(next) && !met.has(next)) {
          met.add(next);
          open.push(next);
        }
    }
    return false;
  };
  const granted = wishes.length * circle.length > SEARCH_MAX ? [] : wishes.toSorted((a, b) => b.weight - a.weight);
  for (const { piece, to } of granted) if (!reaches(to, piece.id)) needs.get(piece.id)?.add(to);
  for (const node of circle)
    node.needs = node.needs.filter((id) => !isWish(node.piece, id) || needs.get(node.id)?.has(id) === true);
}

const PHASES: readonly Phase[] = ["expand", "migrate", "contract"];

/**
 * Puts ways in an order that works, expansions first and contractions last wherever needs permit: a way counts for the
 * latest phase of all that it needs and of what runs at once with it.
 */
export function arrangedByPhase(ways: readonly Way[]): readonly Way[] {
  const nodes = nodesInNeed(clustersOf(ways));
  const phases = new Map<string, number>();
  for (const { id, needs, piece } of inOrder(nodes))
    phases.set(id, Math.max(...piece.ways.map(phaseOf), ...needs.map((need) => phases.get(need) ?? 0)));
  return inOrder(nodes.toSorted((a, b) => (phases.get(a.id) ?? 0) - (phases.get(b.id) ?? 0))).flatMap(({ piece }) =>
    piece.ways.length === 1 ? piece.ways : arranged(piece.ways),
  );
}

// A way that does nothing holds nothing up.
function phaseOf(way: Way): number {
  if (way.change === null) return 0;
  const phase = way.strategy === null ? rolloutOf(way).phase : way.strategy.steps[0]?.phase;
  return phase === undefined ? 0 : PHASES.indexOf(phase);
}
