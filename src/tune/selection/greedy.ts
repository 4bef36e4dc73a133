import type { CostBook } from "./cost-book.ts";

/**
 * A choice by gain per byte, one index after the other, each replacing those of the same table that it begins with
 * (Extend: Schlosser, Kossmann and Boissier, "Efficient Scalable Multi-attribute Index Selection Using Recursive
 * Strategies", ICDE 2019; here over given candidates). Gains are looked at again only when they are the best known
 * ("lazy" evaluation), and it ends at any time with what it has.
 */
export async function greedy(
  book: CostBook,
  candidates: ReadonlySet<string>,
  { start, ...limits }: StepLimits & { readonly start: ReadonlySet<string> },
): Promise<ReadonlySet<string>> {
  let chosen = new Set(start);
  let cost = await book.total(chosen);
  // Null: not looked at yet. Ratios fall as others are chosen, mostly.
  const ratios = new Map<string, number | null>([...candidates].flatMap((id) => (start.has(id) ? [] : [[id, null]])));
  while (ratios.size > 0 && !limits.over()) {
    const best = await bestStep(book, chosen, cost, ratios, limits);
    if (best === null) break;
    chosen = best.next;
    cost = best.cost;
    ratios.delete(best.id);
  }
  return chosen;
}

interface Step {
  readonly id: string;
  readonly next: Set<string>;
  readonly cost: number;
}

interface StepLimits {
  readonly budget_bytes: number;
  readonly replaces: (added: string, chosen: string) => boolean;
  readonly over: () => boolean;
}

async function bestStep(
  book: CostBook,
  chosen: ReadonlySet<string>,
  cost: number,
  ratios: Map<string, number | null>,
  { budget_bytes, replaces, over }: StepLimits,
): Promise<Step | null> {
  let best: (Step & { readonly ratio: number }) | null = null;
  const order = [...ratios].toSorted(([, a], [, b]) => (b ?? Infinity) - (a ?? Infinity));
  for (const [id, known] of order) {
    if (over()) break;
    if (best !== null && known !== null && known <= best.ratio) break;
    const next = new Set([...chosen].filter((other) => !replaces(id, other)));
    next.add(id);
    if (book.size(next) > budget_bytes) {
      ratios.delete(id);
      continue;
    }
    const total = await book.total(next);
    const ratio = (cost - total) / Math.max(1, book.size(next) - book.size(chosen));
    ratios.set(id, ratio);
    if (total < cost && (best === null || ratio > best.ratio)) best = { id, next, cost: total, ratio };
  }
  return best;
}
