/**
 * Lets callers that come while `work` runs share the run that comes after it: each gets what was so after it asked, and no two runs
 * are under way at once, however many ask.
 */
export function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    return work().finally(() => {
      running = next;
      next = undefined;
    });
  };
  return () => {
    if (!running) {
      running = run();
      return running;
    }
    next ??= running.then(run, run);
    return next;
  };
}
