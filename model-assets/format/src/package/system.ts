/** Answers of the operating system to whoever writes where other processes may write, too. */

/** Whether the system refused something with one of these codes, such as ENOENT. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
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
