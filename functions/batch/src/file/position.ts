/** A place between two rows of a file, or within one. */
export interface Position {
  /** Bytes of the content before it, after decompression. */
  readonly byte: number;
  /** Rows before it. */
  readonly row: number;
  /** It is within a row that is longer than rows may be, of which the beginning was read. */
  readonly within?: true | undefined;
}

export const START: Position = { byte: 0, row: 0 };
