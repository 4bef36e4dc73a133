import type { WrittenStep } from "./write.ts";

// These tools do not try again, as the runner does, so that its shortest waits would fail on any busy table.
const LOCK_TIMEOUT_MS_LEAST = 2000;

/**
 * Steps for tools that run plain statements: where a run of steps inside one transaction is to wait for locks only so
 * long, the run begins by saying so. What stands outside of transactions has no limit: a setting of the session would
 * stay behind on a connection of the tool's pool.
 */
export function withLockTimeouts(steps: readonly WrittenStep[]): readonly WrittenStep[] {
  return steps.flatMap((step, index) => {
    if (!step.transactional || steps[index - 1]?.transactional === true) return [step];
    const end = steps.findIndex((other, at) => at > index && !other.transactional);
    const limits = steps
      .slice(index, end < 0 ? undefined : end)
      .flatMap(({ lockTimeout_ms }) => (lockTimeout_ms === null ? [] : [lockTimeout_ms]));
    return limits.length === 0 ? [step] : [limit(step, Math.max(LOCK_TIMEOUT_MS_LEAST, ...limits)), step];
  });
}

function limit({ phase, transaction }: WrittenStep, lockTimeout_ms: number): WrittenStep {
  return {
    sql: `SET LOCAL lock_timeout = '${lockTimeout_ms}ms'`,
    undo: [],
    irreversible: null,
    phase,
    transactional: true,
    transaction,
    lockTimeout_ms: null,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: null,
  };
}
