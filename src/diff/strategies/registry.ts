import type { Change } from "../../model/change.ts";
import type { Strategy, StrategyContext } from "../strategy.ts";
import { addColumnVolatileDefault, addIdentityColumn, addStoredGeneratedColumn } from "./add-column.ts";
import { changeKey } from "./change-key.ts";
import { changeColumnType } from "./change-column-type.ts";
import { checkNotValid, foreignKeyNotValid } from "./constraint-not-valid.ts";
import { dropColumn, dropTable } from "./drop-in-stages.ts";
import { generateThroughCopy } from "./generate-through-copy.ts";
import { indexConcurrently } from "./index-concurrently.ts";
import { keyThroughIndex } from "./key-through-index.ts";
import { moveColumn } from "./move-column.ts";
import { notNullThroughCheck } from "./not-null-through-check.ts";
import { partitionTable } from "./partition-table.ts";
import { renameColumn } from "./rename-column.ts";
import { renameTable } from "./rename-table.ts";
import { serialToIdentity } from "./serial-to-identity.ts";

/** All strategies; of those that apply to a change the first is the way. */
export const STRATEGIES: readonly Strategy[] = [
  partitionTable,
  generateThroughCopy,
  moveColumn,
  indexConcurrently,
  changeKey,
  keyThroughIndex,
  foreignKeyNotValid,
  checkNotValid,
  changeColumnType,
  serialToIdentity,
  notNullThroughCheck,
  addColumnVolatileDefault,
  addIdentityColumn,
  addStoredGeneratedColumn,
  renameColumn,
  renameTable,
  dropColumn,
  dropTable,
];

/** The strategy for a change, or null where the direct statement is right. */
export function strategyFor(change: Change, context: StrategyContext): Strategy | null {
  const { engine } = context.dialect;
  return STRATEGIES.find((one) => one.engines.includes(engine) && one.applies(change, context)) ?? null;
}
