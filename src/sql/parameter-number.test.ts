import { expect, test } from "vitest";
import { highestParameter } from "./parameter-number.ts";

test.each([
  ["SELECT $1 + $12", 12],
  ["SELECT $2::int,$1", 2],
  ["SELECT '$1', \"$2\" FROM t -- $3\n/* $4 /* $5 */ */", 0],
  ["SELECT $$ $1 $$, $a$ $2 $a$, $3", 3],
  ["SELECT E'\\'$1', $2", 2],
  ["SELECT '\\', $2 -- '", 2],
  ["SELECT a$1 FROM t", 0],
  ["SELECT '$1", 0],
])("%s", (sql, highest) => expect(highestParameter(sql)).toBe(highest));
