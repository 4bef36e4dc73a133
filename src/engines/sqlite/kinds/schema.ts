import { UnprintableChange } from "../../../model/change.ts";
import { MAIN } from "../print.ts";
import type { ObjectKind } from "./kind.ts";

/** A file has the one schema `main`, which is there from the start and is never listed. */
export const schema: ObjectKind<"schema"> = {
  kind: "schema",
  read: () => [],
  create(object) {
    if (object.name === MAIN) return [];
    throw new UnprintableChange("schema", "create", "an SQLite file has the one schema main");
  },
  drop: () => [],
};
