import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Feeds, Outputs, PooledRows, Session } from '../../../layers/engine/src/ports.ts';
import { openPackingSession, type PackingPlan } from '../../../layers/engine/src/session/packing-session.ts';
import { poolRows } from '../../../layers/engine/src/session/pool-rows.ts';

/** Says who ran, and ends a run when it is told to, or at once. */
class NamedSession implements Session {
  ended = false;
  disposed = 0;
  readonly waiting: (() => void)[] = [];
  readonly #name: number;
  readonly #held: boolean;

  constructor(name: number, held = false) {
    this.#name = name;
    this.#held = held;
  }

  async run(feeds: Feeds): Promise<Outputs> {
    if (this.ended) throw new Error('ended');
    if (this.#held) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const id = Number(feeds.input_ids?.data[0] ?? -1);
    return { who: { dims: [2], data: Float32Array.of(this.#name, id) } };
  }

  async dispose(): Promise<void> {
    this.ended = true;
    this.disposed += 1;
  }
}

const UNPACKED = 1;
const PACKED = 2;
const feeds = (id: number): Feeds => ({ input_ids: { dims: [1], data: BigInt64Array.of(BigInt(id)) } });
const whoRan = async (session: Session, id = 0) => (await session.run(feeds(id))).who?.data[0];

/** Lets everything that is settled go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function opened(plan: Partial<PackingPlan> = {}, held = false) {
  const unpacked = new NamedSession(UNPACKED, held);
  const packed = new NamedSession(PACKED);
  const opening = Promise.withResolvers<Session>();
  const openPacked = vi.fn(() => opening.promise);
  const session = await openPackingSession({
    openUnpacked: async () => unpacked,
    openPacked,
    afterRuns: 2,
    hasRoom: () => true,
    ...plan,
  });
  const pack = async () => {
    opening.resolve(packed);
    await settle();
  };
  return { session, unpacked, packed, openPacked, opening, pack };
}

afterEach(() => vi.restoreAllMocks());

describe('a session that packs later', () => {
  it('begins to pack after the number of runs that it was told, and not before', async () => {
    const { session, openPacked } = await opened();
    await whoRan(session);
    expect(openPacked).not.toHaveBeenCalled();
    await whoRan(session);
    await whoRan(session);
    expect(openPacked).toHaveBeenCalledTimes(1);
  });

  it('begins to pack at once where it waits for no run', async () => {
    const { openPacked } = await opened({ afterRuns: 0 });
    expect(openPacked).toHaveBeenCalledTimes(1);
  });

  it('begins to pack when it is told to, once', async () => {
    const { session, packed, openPacked, pack } = await opened();
    const told = [session.pack?.(), session.pack?.()];
    await pack();
    await Promise.all(told);
    expect(openPacked).toHaveBeenCalledTimes(1);
    expect(await whoRan(session)).toBe(PACKED);
    expect(packed.ended).toBe(false);
  });

  it('runs on the unpacked session until the packed one is there, and then closes it', async () => {
    const { session, unpacked, pack } = await opened({ afterRuns: 0 });
    expect(await whoRan(session)).toBe(UNPACKED);
    expect(unpacked.ended).toBe(false);
    await pack();
    expect(await whoRan(session)).toBe(PACKED);
    expect(unpacked.disposed).toBe(1);
  });

  it('ends runs in the order of their calls, those before and those after the exchange', async () => {
    const { session, unpacked, pack } = await opened({ afterRuns: 0 }, true);
    const order: number[] = [];
    const run = async (id: number) => order.push((await session.run(feeds(id))).who?.data[1] ?? -1);
    const runs = [run(1), run(2)];
    await pack();
    runs.push(run(3), run(4));
    await settle();
    expect([order, unpacked.disposed]).toEqual([[], 0]);
    for (const end of unpacked.waiting) end();
    await Promise.all(runs);
    expect(order).toEqual([1, 2, 3, 4]);
    await settle();
    expect(unpacked.disposed).toBe(1);
  });

  it('goes on unpacked, and says so once, where the graph cannot be opened a second time', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { session, opening, openPacked } = await opened({ afterRuns: 0 });
    opening.reject(new Error('no memory'));
    await settle();
    for (let run = 0; run < 3; run++) expect(await whoRan(session)).toBe(UNPACKED);
    expect(openPacked).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('no memory'), 'PilotlightWarning']]);
    expect(session.ended).toBe(false);
  });

  it('never packs where memory is short when the time has come', async () => {
    const { session, openPacked } = await opened({ hasRoom: () => false });
    for (let run = 0; run < 5; run++) expect(await whoRan(session)).toBe(UNPACKED);
    await session.pack?.();
    expect(openPacked).not.toHaveBeenCalled();
  });

  it('closes both sessions where it is disposed of while the second one is opened', async () => {
    const { session, unpacked, packed, pack } = await opened({ afterRuns: 0 });
    const disposed = session.dispose();
    await pack();
    await disposed;
    expect([unpacked.disposed, packed.disposed, session.ended]).toEqual([1, 1, true]);
    await expect(session.run(feeds(1))).rejects.toThrow('ended');
  });

  it('does not begin to pack once it is disposed of', async () => {
    const { session, openPacked } = await opened();
    await session.dispose();
    await session.pack?.();
    expect(openPacked).not.toHaveBeenCalled();
  });

  it('has ended where the unpacked session died, and then keeps no packed one', async () => {
    const { session, unpacked, packed, pack } = await opened({ afterRuns: 0 });
    unpacked.ended = true;
    await pack();
    expect([session.ended, packed.disposed]).toEqual([true, 1]);
  });

  it('tells the caller of a run that fails, and counts it', async () => {
    const { session, unpacked, openPacked } = await opened({ afterRuns: 1 });
    vi.spyOn(unpacked, 'run').mockRejectedValueOnce(new Error('broken input'));
    await expect(session.run(feeds(1))).rejects.toThrow('broken input');
    expect(openPacked).toHaveBeenCalledTimes(1);
  });

  it('is not there where the unpacked one does not open', async () => {
    const failing = opened({ openUnpacked: () => Promise.reject(new Error('no graph')) });
    await expect(failing).rejects.toThrow('no graph');
  });

  it('has no pooling of its own where the first session has none', async () => {
    const { session } = await opened();
    expect(session.runPooled).toBeUndefined();
  });
});

describe('pooling in a session that packs later', () => {
  /** Pools as a session in another thread does. */
  class PoolingSession extends NamedSession {
    readonly asked: PooledRows[] = [];

    async runPooled(feeds: Feeds, pooled: PooledRows): Promise<Outputs> {
      this.asked.push(pooled);
      return poolRows(await this.run(feeds), pooled);
    }

    override async run(feeds: Feeds): Promise<Outputs> {
      const { who } = await super.run(feeds);
      return { who: { dims: [1, 2, 1], data: who?.data ?? new Float32Array(2) } };
    }
  }
  const byMax: PooledRows = { output: 'who', rows: [{ pooling: 'max', tokens: 2 }] };
  const pooledBy = async (session: Session) => (await session.runPooled?.(feeds(0), byMax))?.who;

  it('is done by the session that runs, before the exchange and after it, and counts as a run', async () => {
    const [unpacked, packed] = [new PoolingSession(UNPACKED), new PoolingSession(PACKED)];
    const openPacked = vi.fn(async () => packed);
    const { session } = await opened({ afterRuns: 1, openUnpacked: async () => unpacked, openPacked });
    expect(await pooledBy(session)).toEqual({ dims: [1, 1], data: Float32Array.of(UNPACKED) });
    await settle();
    expect(await pooledBy(session)).toEqual({ dims: [1, 1], data: Float32Array.of(PACKED) });
    expect([unpacked.asked, packed.asked, unpacked.disposed]).toEqual([[byMax], [byMax], 1]);
    expect(openPacked).toHaveBeenCalledTimes(1);
  });

  it('waits for the runs before the exchange', async () => {
    const [unpacked, packed] = [new PoolingSession(UNPACKED, true), new PoolingSession(PACKED)];
    const { session } = await opened({
      afterRuns: 0,
      openUnpacked: async () => unpacked,
      openPacked: async () => packed,
    });
    const order: string[] = [];
    const before = pooledBy(session).then(() => order.push('before'));
    await settle();
    const after = pooledBy(session).then(() => order.push('after'));
    await settle();
    for (const end of unpacked.waiting) end();
    await Promise.all([before, after]);
    expect([order, unpacked.disposed]).toEqual([['before', 'after'], 1]);
  });

  it('is done here where the second session cannot', async () => {
    const unpacked = new PoolingSession(UNPACKED);
    const { session } = await opened({
      afterRuns: 0,
      openUnpacked: async () => unpacked,
      openPacked: async () => {
        const packed = new PoolingSession(PACKED);
        return Object.assign(packed, { runPooled: undefined });
      },
    });
    await settle();
    expect(await pooledBy(session)).toEqual({ dims: [1, 1], data: Float32Array.of(PACKED) });
  });
});
