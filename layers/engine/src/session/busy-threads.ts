/**
 * Lets the process end while a thread of a session runs a graph. Node waits for every thread when it exits, and nothing stops
 * native code: a run without end would keep the process until it is killed. See ADR-loops.md.
 */

/** How long an exit waits for the runs under way. */
const EXIT_WAIT_MS = 5_000;

/** One word of memory that a thread shares: 1 while it runs native code. */
export type BusyFlag = Int32Array<SharedArrayBuffer>;

const flags = new Set<BusyFlag>();

/** Makes the flag of a thread, which counts until `forgetThread`. */
export function watchThread(): BusyFlag {
  if (flags.size === 0) process.on('exit', endBusyThreads);
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  flags.add(flag);
  return flag;
}

/** The thread has ended. */
export function forgetThread(flag: BusyFlag): void {
  flags.delete(flag);
  if (flags.size === 0) process.off('exit', endBusyThreads);
}

/** Called in the thread: `work` runs native code. */
export async function whileBusy<T>(flag: BusyFlag, work: () => Promise<T>): Promise<T> {
  Atomics.store(flag, 0, 1);
  try {
    return await work();
  } finally {
    Atomics.store(flag, 0, 0);
    Atomics.notify(flag, 0);
  }
}

function endBusyThreads(): void {
  const deadline = performance.now() + EXIT_WAIT_MS;
  for (const flag of flags) {
    const left = Math.max(deadline - performance.now(), 0);
    if (Atomics.wait(flag, 0, 1, left) === 'timed-out') process.kill(process.pid, 'SIGKILL');
  }
}
