import { EngineError } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import type { Instance } from '../../../../layers/engine/src/runtimes/allennlp/instance.ts';
import {
  InstanceQueue,
  type QueueSettings,
  type RunBatch,
} from '../../../../layers/engine/src/runtimes/allennlp/instance-queue.ts';

/** An instance of so many tokens. */
const instance = (tokens: number): Instance => ({
  tensors: { 'tokens.tokens.tokens': { dims: [tokens], data: new BigInt64Array(tokens) } },
  metadata: tokens,
});
const instances = (...lengths: readonly number[]): Instance[] => lengths.map(instance);

/** Answers each instance with its length, and remembers the batches. */
function queueOf(settings: Partial<QueueSettings> = {}, fault?: (batch: readonly number[]) => void) {
  const batches: number[][] = [];
  const run: RunBatch = async (batch) => {
    const lengths = batch.map(({ metadata }) => Number(metadata));
    batches.push(lengths);
    fault?.(lengths);
    await new Promise((resolve) => setImmediate(resolve));
    return lengths;
  };
  const queue = new InstanceQueue(run, { tokenBudget: 8, shared: false, alone: false, ...settings });
  return { queue, batches };
}

describe('the queue of instances', () => {
  it('answers in the order of the inputs, and batches those of like length under the budget, the longest first', async () => {
    const { queue, batches } = queueOf();
    const { outcomes, padded, batches: tally } = await queue.run(instances(1, 8, 2, 3, 2));
    expect(outcomes).toEqual([1, 8, 2, 3, 2].map((output) => ({ output })));
    expect(batches).toEqual([[8], [3, 2], [2, 1]]);
    expect({ padded, tally }).toEqual({ padded: 2, tally: { count: 3, size: 1, tokens: 8 } });
  });

  it('runs an instance that is longer than the budget alone', async () => {
    const { queue, batches } = queueOf();
    await queue.run(instances(100, 2));
    expect(batches).toEqual([[100], [2]]);
  });

  it('counts an instance with a large tensor by its values, so that its batch stays small', async () => {
    const { queue, batches } = queueOf();
    const wide: Instance = {
      tensors: { characters: { dims: [2, 256], data: new BigInt64Array(512) } },
      metadata: 2,
    };
    await queue.run([wide, wide]);
    expect(batches).toEqual([[2], [2]]);
  });

  it('counts what instances are beside each other, where few long words make many short ones as long', async () => {
    const { queue, batches } = queueOf({ tokenBudget: 512 });
    const words = (tokens: number, characters: number): Instance => ({
      tensors: { characters: { dims: [tokens, characters], data: new BigInt64Array() } },
      metadata: tokens,
    });
    await queue.run([words(200, 5), words(2, 5000)]);
    expect(batches).toEqual([[200], [2]]);
  });

  it('keeps the values that a model makes of a batch under those of the largest instance there may be', async () => {
    const { queue, batches } = queueOf({ cellsOf: () => 2 ** 25 });
    await queue.run(instances(1, 1, 1));
    expect(batches).toEqual([[1, 1], [1]]);
  });

  it('takes time in proportion to its instances, of which there may be very many', async () => {
    const { queue, batches } = queueOf({ alone: true });
    const start = performance.now();
    await queue.run(instances(...Array.from({ length: 20_000 }, (_, index) => (index % 7) + 1)));
    expect(batches).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('runs each instance alone where padding would change its answer', async () => {
    const { queue, batches } = queueOf({ alone: true });
    await queue.run(instances(2, 2));
    expect(batches).toEqual([[2], [2]]);
  });

  it('puts instances of other calls into a batch where calls share batches, and only there', async () => {
    for (const [shared, expected] of [
      [false, [[1], [2, 2], [2]]],
      [true, [[1], [2, 2, 2]]],
    ] as const) {
      const { queue, batches } = queueOf({ shared });
      await Promise.all([queue.run(instances(1)), queue.run(instances(2, 2)), queue.run(instances(2))]);
      expect(batches).toEqual(expected);
    }
  });

  it('runs the instances of a batch that fails one by one, so that one of them does not spoil the others', async () => {
    const failure = new EngineError('SESSION_FAILED', 'No.');
    const { queue, batches } = queueOf({}, (batch) => {
      if (batch.includes(2)) throw failure;
    });
    const { outcomes } = await queue.run(instances(1, 2, 2, 1));
    expect(outcomes).toEqual([{ output: 1 }, { error: failure }, { error: failure }, { output: 1 }]);
    expect(batches[0]).toHaveLength(4);
  });

  it('stops between two batches once the call is aborted, and the others go on', async () => {
    const aborted = new AbortController();
    const { queue, batches } = queueOf({}, () => aborted.abort(new TypeError('gone')));
    const first = queue.run(instances(8, 8, 8), aborted.signal);
    const other = queue.run(instances(3));
    await expect(first).rejects.toThrow('gone');
    expect((await other).outcomes).toEqual([{ output: 3 }]);
    expect(batches).toEqual([[8], [3]]);
    expect(queue.size).toBe(0);
  });

  it('has nothing to run for an input without instances', async () => {
    const { queue, batches } = queueOf();
    expect(await queue.run([])).toMatchObject({ outcomes: [], inferMs: 0 });
    expect(batches).toEqual([]);
  });
});
