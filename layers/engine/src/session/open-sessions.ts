/** Opens the sessions of one model: one for all texts, or several that run at the same time. */
import type { Session, SessionOptions } from '../ports.ts';
import { openLater, type PartSessions } from './part-sessions.ts';

export interface Sessions {
  /** Runs all texts; beside a session of short ones, the others; beside parts, what is alone. */
  readonly session: Session;
  /** Runs short texts alone. @default - they share the other one */
  readonly shortSession?: Session | undefined;
  /** Run batches at the same time, on a share of the threads each. @default - there are none */
  readonly partSessions?: PartSessions | undefined;
  /** Padded tokens of a batch above which a larger one costs memory and saves no time. @default - nobody knows */
  readonly usefulTokens?: number | undefined;
}

/** The sessions that a model is to have, and the threads that they share. */
export interface SessionPlan extends Pick<SessionOptions, 'intraOpThreads' | 'allowSpinning'> {
  /** Whether short texts have a session of their own. */
  readonly withShort: boolean;
  /** Sessions beside the one that has all threads; fewer than two are none. */
  readonly parts: number;
}

type Chosen = Required<Pick<SessionOptions, 'intraOpThreads' | 'allowSpinning' | 'niceness'>>;

interface SessionSettings extends Pick<SessionOptions, 'intraOpThreads' | 'allowSpinning'> {
  /** Sessions beside the one that has all threads. */
  readonly parallelSessions: number;
  /** Only calls that share batches have more than one. */
  readonly batching: { readonly kind: 'turns' | 'dynamic'; readonly shortLaneTokens: number };
}

/** The largest model that has parts: each of them packs the weights anew. See batching/ADR-parallel-sessions.md. */
const MOST_BYTES_IN_PARTS = 128 * 2 ** 20;

/** A thread that runs a batch of its own is no faster with a larger one, whose hidden states take more memory. See batching/ADR-parallel-sessions.md. */
const USEFUL_TOKENS_OF_A_THREAD = 256;

/** Plans the sessions of a model of so many bytes. */
export function planSessions(
  { intraOpThreads, allowSpinning, parallelSessions, batching }: SessionSettings,
  bytes: number,
): SessionPlan {
  const shared = batching.kind === 'dynamic';
  const parts = shared && bytes <= MOST_BYTES_IN_PARTS ? Math.min(parallelSessions, intraOpThreads) : 0;
  const withShort = shared && batching.shortLaneTokens > 0;
  return { intraOpThreads, allowSpinning, withShort, parts: parts > 1 ? parts : 0 };
}

/**
 * How far the sessions of long texts and of batches give way to the one of short or single ones, and to the main thread. A tenth
 * of the processor is left to them while the others are busy.
 */
const NICENESS_BESIDE_SHORT = 10;

/** Opens them at once, except the parts, which open when they are needed; whatever fails, nothing stays open. */
export async function openSessions(
  { intraOpThreads, allowSpinning, withShort, parts }: SessionPlan,
  open: (chosen: Chosen) => Promise<Session>,
): Promise<Sessions> {
  const giveWay = NICENESS_BESIDE_SHORT;
  const all = { intraOpThreads, allowSpinning };
  if (parts > 0) {
    const share = { intraOpThreads: Math.floor(intraOpThreads / parts), allowSpinning: false };
    const openPart = () => open({ ...share, niceness: giveWay });
    const partSessions = openLater(() => openAll(Array.from({ length: parts }, openPart)));
    const usefulTokens = USEFUL_TOKENS_OF_A_THREAD * intraOpThreads;
    return { session: await open({ ...all, niceness: 0 }), partSessions, usefulTokens };
  }
  if (!withShort) return { session: await open({ ...all, niceness: 0 }) };
  const opening = [open({ ...all, niceness: giveWay }), open({ ...all, niceness: 0 })] as const;
  const [session, shortSession] = await openAll(opening);
  return { session, shortSession };
}

/** Waits for all sessions of a model; whatever fails, nothing stays open. */
export async function openAll<T extends readonly Promise<Session>[]>(
  opening: T,
): Promise<{ -readonly [Place in keyof T]: Session }> {
  try {
    return await Promise.all(opening);
  } catch (error) {
    for (const outcome of await Promise.allSettled(opening)) {
      if (outcome.status === 'fulfilled') await outcome.value.dispose();
    }
    throw error;
  }
}

/** Whether any of them cannot run any more. */
export function anyEnded(sessions: Sessions): boolean {
  return list(sessions).some(({ ended }) => ended);
}

/** Packs the weights of all of them that are open and left it for later. Never rejects. */
export async function packSessions(sessions: Sessions): Promise<void> {
  await Promise.all(list(sessions).map((session) => session.pack?.()));
}

export async function disposeSessions({ session, shortSession, partSessions }: Sessions): Promise<void> {
  await Promise.all([session.dispose(), shortSession?.dispose(), partSessions?.dispose()]);
}

function list({ session, shortSession, partSessions }: Sessions): readonly Session[] {
  return [session, ...(shortSession ? [shortSession] : []), ...(partSessions?.opened ?? [])];
}
