/** Answers of the operating system to whoever writes where other processes may write, too. */

/** The code of an error, such as ENOENT; undefined where it has none. */
export function findCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Whether the system refused something with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(findCode(error) ?? '');
}

/** Whether a process of this machine has the id; it may be another one than had it before. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One of another user may not be signalled.
    return hasCode(error, 'EPERM');
  }
}
