/** What a beam search asks of a decoder. */

/** A step of all inputs that are still searched. A row is a beam: those of the first input, then those of the second, and so on. */
export interface StepCall {
  /** The number of steps that were taken before. */
  readonly step: number;
  /** The inputs by their places in the batch, ascending. */
  readonly inputs: readonly number[];
  /** Beams of each input: one in the first step. */
  readonly beams: number;
  /** `[inputs * beams]`, the class that each row was given last: in the first step the one that the sequences begin from. */
  readonly last: readonly number[];
  /** `[inputs * beams]`, the row of the call before that each goes on from; undefined in the first step. */
  readonly parents: readonly number[] | undefined;
  /** The number of best classes of each row that the search wants to see. */
  readonly top: number;
}

/** The best classes of each row: the greatest log probability first, of equals the lower class. */
export interface Candidates {
  /** Classes of each row: as many as were wanted, or all that there are where that is less. */
  readonly count: number;
  /** `[rows, count]` */
  readonly scores: Float32Array;
  /** `[rows, count]` */
  readonly classes: ArrayLike<number>;
}

/** @throws EngineError SESSION_FAILED */
export type Step = (call: StepCall) => Promise<Candidates>;
