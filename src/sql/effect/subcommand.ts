import type { AlterTableCmd } from "libpg-query";
import type { Scene } from "./scene.ts";

/** A subcommand that is being looked at, with the tables it is for: the named one and its heirs. */
export interface Subcommand {
  readonly cmd: AlterTableCmd;
  readonly table: string;
  readonly family: readonly string[];
  readonly scene: Scene;
}
