import { expect, test } from "vitest";
import { matchRan } from "./other-tools.ts";

test.each([
  [["2"], false, ["2_b"]],
  [["2"], true, ["1_a", "2_b"]],
  [["0003"], true, ["1_a", "2_b", "3_c"]],
  [["4"], true, []],
])("of what another tool ran, %j (the last alone: %s), the folder has %j", (ran, keepsLast, expected) => {
  const migrations = ["1_a", "2_b", "3_c"].map((id) => ({ id, file: `${id}.sql` }));
  expect(matchRan(migrations, { ran, keepsLast }).map(({ id }) => id)).toEqual(expected);
});
