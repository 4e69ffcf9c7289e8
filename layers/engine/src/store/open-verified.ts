/** Opens the parts of a package while its files are verified, so that a cold start waits for the slower of the two. */
import type { LoadTimings } from '../ports.ts';

/** How a part is opened, and closed again where another one fails. */
export interface Opening<Part> {
  open(): Promise<Part>;
  /** @default - nothing is held open */
  close?(part: Part): unknown;
}

export interface OpenedParts<Text, Sessions> {
  readonly text: Text;
  readonly sessions: Sessions;
  readonly timings: Pick<LoadTimings, 'verifyMs' | 'tokenizerMs' | 'sessionMs'>;
}

/**
 * `verify` works in another thread. Parts are open before it has ended, but nobody gets them before: whatever fails, nothing stays open.
 *
 * @throws what `verify` throws, before anything that the bytes it refuses made the others throw
 */
export async function openVerified<Text, Sessions>(
  verify: () => Promise<void>,
  text: Opening<Text>,
  sessions: Opening<Sessions>,
): Promise<OpenedParts<Text, Sessions>> {
  const [verified, openedText, openedSessions] = await Promise.allSettled([
    timed(verify),
    timed(() => text.open()),
    timed(() => sessions.open()),
  ]);
  if (
    verified.status === 'fulfilled' &&
    openedText.status === 'fulfilled' &&
    openedSessions.status === 'fulfilled'
  ) {
    return {
      text: openedText.value.value,
      sessions: openedSessions.value.value,
      timings: {
        verifyMs: verified.value.ms,
        tokenizerMs: openedText.value.ms,
        sessionMs: openedSessions.value.ms,
      },
    };
  }
  if (openedText.status === 'fulfilled') await text.close?.(openedText.value.value);
  if (openedSessions.status === 'fulfilled') await sessions.close?.(openedSessions.value.value);
  const failed = [verified, openedText, openedSessions].find(({ status }) => status === 'rejected');
  throw (failed as PromiseRejectedResult).reason;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}
