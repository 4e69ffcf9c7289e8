/** Opens the sessions of one model: one for all texts, and where short ones have a lane, one more for them. */
import type { Session } from '../ports.ts';

export interface Sessions {
  readonly session: Session;
  readonly shortSession?: Session | undefined;
}

/**
 * How far the session of long texts gives way to that of short ones, and to the main thread. A tenth of the processor is left
 * to it while both are busy.
 */
const NICENESS_BESIDE_SHORT = 10;

/** Opens both at once; whatever fails, nothing stays open. */
export async function openSessions(
  withShort: boolean,
  open: (niceness: number) => Promise<Session>,
): Promise<Sessions> {
  if (!withShort) return { session: await open(0) };
  const opening = [open(NICENESS_BESIDE_SHORT), open(0)] as const;
  try {
    const [session, shortSession] = await Promise.all(opening);
    return { session, shortSession };
  } catch (error) {
    for (const outcome of await Promise.allSettled(opening)) {
      if (outcome.status === 'fulfilled') await outcome.value.dispose();
    }
    throw error;
  }
}

export async function disposeSessions({ session, shortSession }: Sessions): Promise<void> {
  await Promise.all([session.dispose(), shortSession?.dispose()]);
}
