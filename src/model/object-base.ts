import type { Ref, RefKey } from "./ref.ts";

/**
 * What every object of a catalog has. Throughout the catalog an optional property is left out where it has its
 * default, so that equal schemas are equal values whoever made them; its comment says what absence means.
 */
export interface ObjectBase extends Ref {
  readonly comment: string | null;
  /** Keys of the objects that must exist before this one. Sorted, without duplicates, never itself. */
  readonly dependsOn: readonly RefKey[];
  /**
   * The role that owns it. Absent where nothing is stated: the kind has no owner of its own, the source is no
   * database, or the owner is the one to be expected there: the database's owner or the role that read the
   * catalog. A schema made from a file is thus ownerless whoever loads it, and a file compared with a live
   * database does not ask for every owner to be changed. The price: which of the two expected roles owns an
   * object is not seen.
   */
  readonly owner?: string;
}
