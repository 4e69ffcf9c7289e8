/** Told what a long command is doing, stage by stage. */
export interface Progress {
  /** Runs `work` as a named stage; `work` may report its share done, 0 to 1. */
  stage<Result>(name: string, work: (report: (done: number) => void) => Promise<Result>): Promise<Result>;
}

/** Tells nobody. */
export const silent: Progress = { stage: (_name, work) => work(() => {}) };
