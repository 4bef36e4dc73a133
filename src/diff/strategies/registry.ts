import type { Change } from "../../model/change.ts";
import type { Strategy, StrategyContext } from "../strategy.ts";

/** All strategies; of those that apply to a change the first is the way. */
export const STRATEGIES: readonly Strategy[] = [];

/** The strategy for a change, or null where the direct statement is right. */
export function strategyFor(change: Change, context: StrategyContext): Strategy | null {
  const { engine } = context.dialect;
  return STRATEGIES.find((one) => one.engines.includes(engine) && one.applies(change, context)) ?? null;
}
