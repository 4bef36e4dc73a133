import { describe, expect, test, vi } from "vitest";
import { drawProgress, duration } from "./progress.ts";
import { styleFor } from "./style.ts";

function drawn(isTTY: boolean, quiet = false): { text: () => string; progress: ReturnType<typeof drawProgress> } {
  let written = "";
  const stream = { isTTY, columns: 80, write: (text: string) => (written += text) };
  return { text: () => written, progress: drawProgress(stream, styleFor(stream, false), quiet) };
}

describe("progress", () => {
  test("without a terminal each finished task is one line", () => {
    const { text, progress } = drawn(false);
    const task = progress.start("load rows", 10);
    task.update(5);
    task.done("10 rows");
    task.done("said once");
    progress.note("a remark");
    progress.stop();
    expect(text()).toMatch(/^✔ load rows: 10 rows \d+\.\d s\n› a remark\n$/);
  });

  test("quiet says nothing", () => {
    const { text, progress } = drawn(true, true);
    progress.start("load rows").failed("broken");
    progress.note("a remark");
    expect(text()).toBe("");
  });

  test("on a terminal the remaining time appears after two seconds", () => {
    vi.useFakeTimers();
    try {
      const { text, progress } = drawn(true);
      const task = progress.start("load rows", 100);
      task.update(10);
      vi.advanceTimersByTime(1_000);
      expect(text()).toContain("10 %");
      expect(text()).not.toContain("left");
      vi.advanceTimersByTime(3_000);
      task.update(50, "member");
      vi.advanceTimersByTime(100);
      expect(text()).toMatch(/50 % · about 4\.\d s left · 4\.\d s · member/);
      progress.stop();
      expect(text().endsWith("\r\u001B[K")).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    [40, "0.0 s"],
    [9_900, "9.9 s"],
    [12_300, "12 s"],
    [200_000, "3 min 20 s"],
  ])("%i ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
