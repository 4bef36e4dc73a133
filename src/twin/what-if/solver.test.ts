import { describe, expect, it } from "vitest";
import type { BinaryProgram } from "../../tune/selection/program.ts";
import { solveProgram } from "./solver.ts";

const row = (
  most: number | null,
  least: number | null,
  ...terms: readonly (readonly [number, number])[]
): BinaryProgram["rows"][number] => ({
  terms: terms.map(([coefficient, variable]) => ({ coefficient, variable })),
  least,
  most,
});

const PROGRAMS: readonly (readonly [what: string, program: BinaryProgram, objective: number])[] = [
  ["nothing", { objective: [], rows: [] }, 0],
  ["a knapsack", { objective: [-3, -4, -5], rows: [row(5, null, [2, 0], [3, 1], [4, 2])] }, -7],
  [
    "one whose reduction the solver's presolve gets wrong (HiGHS 1.15)",
    {
      objective: [1e-6, 9, 1e-6, 1e-6, 9, 3.5e-5, 1e-6, 1000, 1, 1, 1000, 1, 1],
      rows: [
        row(
          55305.185,
          null,
          [1000, 0],
          [55305.185, 1],
          [1000, 2],
          [1000, 3],
          [55305.185, 4],
          [34752.336, 5],
          [1000, 6],
        ),
        row(1, 1, [1, 7], [1, 8], [1, 9]),
        row(0, null, [1, 8], [-1, 1]),
        row(0, null, [1, 9], [-1, 4]),
        row(1, 1, [1, 10], [1, 11], [1, 12]),
        row(0, null, [1, 11], [-1, 1]),
        row(0, null, [1, 11], [1, 12], [-1, 5]),
        row(0, null, [1, 12], [-1, 4]),
      ],
    },
    1010,
  ],
];

describe("solver", () => {
  it.each(PROGRAMS)("%s", async (_, program, objective) => {
    const solution = await solveProgram(program, 10, 0);
    expect(solution).toMatchObject({ proved: true });
    expect(solution?.objective).toBeCloseTo(objective, 3);
    expect(solution?.bound).toBeCloseTo(objective, 3);
    expect(solution?.bound).toBeLessThanOrEqual(solution?.objective ?? -Infinity);
  });

  it("gives no solution where there is none", async () => {
    expect(await solveProgram({ objective: [1], rows: [row(null, 2, [1, 0])] }, 10, 0)).toBeNull();
  });

  it("when its time is over its bound is below what can be reached", async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const places = Array.from({ length: 60 }, (_, at) => at);
    const program: BinaryProgram = {
      objective: places.map(() => -Math.floor(random() * 1000)),
      rows: Array.from({ length: 12 }, () =>
        row(900, null, ...places.map((at): [number, number] => [Math.floor(random() * 100), at])),
      ),
    };
    const [rough, good] = [await solveProgram(program, 0.05, 0), await solveProgram(program, 1, 0)];
    expect(good?.values).not.toBeNull();
    for (const one of [rough, good]) expect(one?.bound ?? -Infinity).toBeLessThanOrEqual(good?.objective ?? -Infinity);
  });
});
