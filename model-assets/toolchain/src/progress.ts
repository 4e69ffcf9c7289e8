/** Is told what a long piece of work is doing, stage by stage. */
export interface Progress {
  /** Runs `work` as a named stage; `work` may report its share done, 0 to 1, and of how many bytes it is one. */
  stage<Result>(name: string, work: (report: Report) => Promise<Result>): Promise<Result>;
}

/** `note` says in a few words why nothing moves. */
export type Report = (share: number, bytes?: BytesDone, note?: string) => void;

/** Bytes that are there, of those that are to come. */
export interface BytesDone {
  readonly done: number;
  readonly all: number;
}

/** Says nothing. */
export const silent: Progress = { stage: (_name, work) => work(() => {}) };
