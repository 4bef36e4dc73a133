/** A file that `npm run gen` writes: the same sources give the same bytes. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}
