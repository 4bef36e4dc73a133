import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { pauseSignals } from "./pause-signals.ts";

const { signal } = new AbortController();
const signals = (): { readonly from: NodeJS.Process; send(name: string): void; count(): number } => {
  const from = new EventEmitter();
  return {
    from: from as unknown as NodeJS.Process,
    send: (name) => void from.emit(name),
    count: () => from.listenerCount("SIGUSR1") + from.listenerCount("SIGUSR2"),
  };
};

describe("pausing by signal", () => {
  test("nothing listens before it is asked for, nor afterwards", () => {
    const { from, count } = signals();
    const pauses = pauseSignals(() => {}, "linux", from);
    expect(count()).toBe(0);
    pauses.listen?.();
    expect(count()).toBe(2);
    pauses.release();
    expect(count()).toBe(0);
  });

  test("SIGUSR1 pauses, SIGUSR2 goes on, and each is said once", async () => {
    const { from, send } = signals();
    const said: string[] = [];
    const paused = pauseSignals((text) => said.push(text), "linux", from).listen?.();
    send("SIGUSR2");
    await paused?.ended(signal);
    send("SIGUSR1");
    send("SIGUSR1");
    expect(paused?.paused).toBe(true);
    const over = paused?.ended(signal);
    send("SIGUSR2");
    await over;
    expect(paused?.paused).toBe(false);
    expect(said.map((text) => text.slice(0, 7))).toEqual(["SIGUSR1", "SIGUSR2"]);
  });

  test("an abort ends the rest, not the pause", async () => {
    const { from, send } = signals();
    const paused = pauseSignals(() => {}, "linux", from).listen?.();
    const controller = new AbortController();
    send("SIGUSR1");
    const over = paused?.ended(controller.signal);
    controller.abort();
    await over;
    expect(paused?.paused).toBe(true);
  });

  test("Windows has no such signals", () => {
    expect(pauseSignals(() => {}, "win32", signals().from).listen).toBeUndefined();
  });
});
