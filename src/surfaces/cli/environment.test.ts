import { expect, test } from "vitest";
import { interruptible } from "./environment.ts";

test("Ctrl-C belongs to what has the terminal, other signals to the whole", async () => {
  const interrupt = interruptible();
  try {
    const interrupted = await interrupt.foreground(async (signal) => {
      process.emit("SIGINT");
      process.emit("SIGINT");
      return signal.aborted;
    });
    expect([interrupted, interrupt.signal.aborted]).toEqual([true, false]);
    await interrupt.foreground(async (signal) => {
      process.emit("SIGTERM");
      expect([signal.aborted, interrupt.signal.aborted]).toEqual([false, true]);
    });
    expect(interrupt.signal.reason).toMatchObject({ exitCode: 143 });
  } finally {
    interrupt.release();
  }
});

test("outside, and after work that failed, Ctrl-C stops the action", async () => {
  const interrupt = interruptible();
  try {
    await expect(interrupt.foreground(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    process.emit("SIGINT");
    expect(interrupt.signal.reason).toMatchObject({ exitCode: 130 });
  } finally {
    interrupt.release();
  }
});
