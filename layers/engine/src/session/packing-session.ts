/**
 * A session that answers at once and has its weights packed later: it opens without, and between two runs another session,
 * which was opened meanwhile, takes its place. See ADR-packing.md.
 */
import type { Feeds, Outputs, PooledRows, Session } from '../ports.ts';
import { poolRows } from './pool-rows.ts';
import { warnOfFailure } from './warn-of-failure.ts';

export interface PackingPlan {
  /** Opens the graph with its weights as they are stored. */
  readonly openUnpacked: () => Promise<Session>;
  /** Opens the graph with its weights packed. */
  readonly openPacked: () => Promise<Session>;
  /** Runs after which the weights are packed; with 0 as soon as the first session is open. */
  readonly afterRuns: number;
  /** Whether packed weights find room in memory. It is asked once, when they are about to be made. */
  readonly hasRoom: () => boolean;
}

/** Opens the first session. @throws what `openUnpacked` does */
export async function openPackingSession(plan: PackingPlan): Promise<Session> {
  const session = new PackingSession(await plan.openUnpacked(), plan);
  if (plan.afterRuns === 0) void session.pack();
  return session;
}

class PackingSession implements Session {
  readonly #plan: PackingPlan;
  #current: Session;
  #runs = 0;
  /** Runs of the first session that have not ended. */
  readonly #underWay = new Set<Promise<unknown>>();
  #packing: Promise<void> | undefined;
  /** Settles once the last run of the first session has ended. Runs after the swap wait for it, so that all end in order. */
  #drained: Promise<unknown> | undefined;
  #disposed = false;

  readonly runsElsewhere: boolean;
  /** Where the first session can pool; a second one that cannot has it done here. */
  readonly runPooled?: NonNullable<Session['runPooled']>;

  constructor(unpacked: Session, plan: PackingPlan) {
    this.#current = unpacked;
    this.#plan = plan;
    this.runsElsewhere = unpacked.runsElsewhere ?? false;
    if (unpacked.runPooled) {
      this.runPooled = (feeds: Feeds, pooled: PooledRows) =>
        this.#run(
          async (session) => session.runPooled?.(feeds, pooled) ?? poolRows(await session.run(feeds), pooled),
        );
    }
  }

  run(feeds: Feeds, outputs?: readonly string[]): Promise<Outputs> {
    return this.#run((session) => session.run(feeds, outputs));
  }

  async #run(work: (session: Session) => Promise<Outputs>): Promise<Outputs> {
    if (this.#drained) {
      await this.#drained;
      return work(this.#current);
    }
    const run = work(this.#current);
    this.#runs += 1;
    this.#underWay.add(run);
    try {
      return await run;
    } finally {
      this.#underWay.delete(run);
      if (this.#runs >= this.#plan.afterRuns) void this.pack();
    }
  }

  pack(): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    this.#packing ??= this.#plan.hasRoom() ? this.#pack() : Promise.resolve();
    return this.#packing;
  }

  get ended(): boolean {
    return this.#current.ended;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([this.#current.dispose(), this.#packing]);
  }

  /** Never rejects: where the graph cannot be opened anew, the session that is open goes on. */
  async #pack(): Promise<void> {
    try {
      const packed = await this.#plan.openPacked();
      await (this.#disposed || this.#current.ended ? packed.dispose() : this.#swap(packed));
    } catch (cause) {
      warnOfFailure('Weights could not be packed, so that short texts take longer', cause);
    }
  }

  async #swap(packed: Session): Promise<void> {
    const unpacked = this.#current;
    this.#current = packed;
    this.#drained = Promise.allSettled(this.#underWay);
    await this.#drained;
    await unpacked.dispose();
  }
}
