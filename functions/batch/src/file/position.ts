/** A place between two rows of a file. */
export interface Position {
  /** Bytes of the content before it, after decompression. */
  readonly byte: number;
  /** Rows before it. */
  readonly row: number;
}

export const START: Position = { byte: 0, row: 0 };
