import { UnprintableChange } from "../../../model/change.ts";
import type { Kind } from "../../../model/ref.ts";
import type { ObjectKind } from "./kind.ts";

/** A kind that SQLite does not have: none is ever read, and printing one is refused by name. */
export function absent<K extends Kind>(kind: K): ObjectKind<K> {
  return {
    kind,
    read: () => [],
    create: () => {
      throw new UnprintableChange(kind, "create", "SQLite has none");
    },
    drop: () => {
      throw new UnprintableChange(kind, "drop", "SQLite has none");
    },
  };
}
