/** Vectors that a session pools where it runs: the same bits as pooled here, and only where a call wants no more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pooling, pool } from '../../../layers/engine/src/math/pooling.ts';
import type { Feeds, Outputs, PooledRows } from '../../../layers/engine/src/ports.ts';
import { poolRows } from '../../../layers/engine/src/session/pool-rows.ts';
import { createWorkerSession } from '../../../layers/engine/src/session/worker-session.ts';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { int } from '../../../model-assets/toolchain/src/graph/node.ts';
import { ELEMENT, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { Random } from '../../fixtures/random.ts';
import { manifestOf, predictorOf, SummingSession } from './fakes.ts';

const POOLINGS = ['cls', 'mean', 'max', 'last-token'] as const;

describe('the pooling of a batch', () => {
  it('gives each row the bits that its own tokens alone give, padding aside', () => {
    const random = new Random(5);
    for (let round = 0; round < 200; round++) {
      const [batch, padded, hidden] = [1 + random.below(6), 1 + random.below(40), 1 + random.below(70)];
      const data = random.normals(batch * padded * hidden, 3, 0.1);
      const rows = Array.from({ length: batch }, () => {
        return { pooling: random.pick<Pooling>(POOLINGS), tokens: 1 + random.below(padded) };
      });
      const states = { dims: [batch, padded, hidden], data };
      const { states: vectors } = poolRows({ states }, { output: 'states', rows });
      const expected = rows.map(({ pooling, tokens }, row) => {
        const start = row * padded * hidden;
        return [...Float32Array.from(pool(data.slice(start, start + tokens * hidden), tokens, pooling))];
      });
      expect(vectors?.dims).toEqual([batch, hidden]);
      expect([...(vectors?.data ?? [])].every((value, i) => Object.is(value, expected.flat()[i]))).toBe(true);
    }
  });
});

/** Hidden states of two numbers a token: its id and its half. */
function statesOf({ input_ids }: Feeds): Outputs {
  const ids = Array.from(input_ids?.data ?? [], Number);
  const data = Float32Array.from(ids.flatMap((id) => [id, id / 2]));
  return { states: { dims: [...(input_ids?.dims ?? []), 2], data } };
}

/** Pools as a session in another thread does. */
class PoolingSession extends SummingSession {
  readonly asked: PooledRows[] = [];
  whole = 0;

  override async run(feeds: Feeds): Promise<Outputs> {
    await this.gate;
    this.whole += 1;
    return statesOf(feeds);
  }

  async runPooled(feeds: Feeds, pooled: PooledRows): Promise<Outputs> {
    await this.gate;
    this.asked.push(pooled);
    return poolRows(statesOf(feeds), pooled);
  }
}

function embedder(outputs: Graph['outputs'] = STATES) {
  const manifest = manifestOf({ task: 'feature-extraction', taskDefaults: { pooling: 'mean' } });
  const { int8 } = manifest.variants;
  if (!int8) throw new TypeError('the fake manifest has an int8 variant');
  const model = { ...int8.graphs.model, outputs };
  const variants = { int8: { ...int8, graphs: { ...int8.graphs, model } } };
  const session = new PoolingSession();
  const batching = { kind: 'dynamic', limits: {}, shortLaneTokens: 0, onBatch: () => {} } as const;
  return { session, predictor: predictorOf({ manifest: { ...manifest, variants }, session, batching }) };
}

const STATES: Graph['outputs'] = [
  { name: 'states', role: 'hidden_states', type: 'float32', axes: ['batch', 'tokens', 'hidden'] },
];

describe('a session that pools', () => {
  it('is asked for one vector a text by each call that wants no more, by the pooling of each', async () => {
    const { session, predictor } = embedder();
    const first = predictor.predict('warm');
    const calls = [predictor.predict('ab'), predictor.predict('abc', { pooling: 'max' })];
    expect((await Promise.all(calls)).map(({ results }) => results)).toEqual([[[97.5, 48.75]], [[99, 49.5]]]);
    await first;
    expect(session.whole).toBe(0);
    expect(session.asked.at(-1)).toEqual({
      output: 'states',
      rows: [
        { pooling: 'mean', tokens: 2 },
        { pooling: 'max', tokens: 3 },
      ],
    });
  });

  it('is asked for everything where one call of the batch wants the tokens', async () => {
    const { session, predictor } = embedder();
    const { promise, resolve } = Promise.withResolvers<void>();
    session.gate = promise;
    const first = predictor.predict('warm');
    const calls = [predictor.predict('ab'), predictor.predict('a', { pooling: 'none' })];
    await new Promise((done) => setTimeout(done, 5));
    resolve();
    const [pooled, tokens] = await Promise.all(calls);
    await first;
    expect([pooled?.results, tokens?.results]).toEqual([[[97.5, 48.75]], [[[97, 48.5]]]]);
    expect([session.asked.length, session.whole]).toEqual([1, 1]);
  });

  it.each(['cls', 'max', 'last-token'] as const)(
    'may pool by %s, whatever the model itself does',
    async (pooling) => {
      const { session, predictor } = embedder();
      const { results } = await predictor.predict(['ab', 'b', 'ab'], { pooling });
      const states = { cls: [97, 48.5], max: [98, 49], 'last-token': [98, 49] };
      expect(results).toEqual([states[pooling], [98, 49], states[pooling]]);
      expect([session.asked.length, session.whole]).toEqual([1, 0]);
    },
  );

  it('gives the cosines of sentences what they need', async () => {
    const { session, predictor } = embedder();
    const { results } = await predictor.predict(
      { source_sentence: 'ab', sentences: ['ab', 'b'] },
      {},
      { task: 'sentence-similarity' },
    );
    expect(results).toMatchObject([[expect.closeTo(1, 12), expect.closeTo(1, 12)]]);
    expect(session.whole).toBe(0);
  });

  it('is not asked to where the graph pools by itself', async () => {
    const embeddings: Graph['outputs'][number] = {
      name: 'pooled',
      role: 'embeddings',
      type: 'float32',
      axes: ['batch', 'hidden'],
    };
    const { session, predictor } = embedder([...STATES, embeddings]);
    await predictor.predict('ab', { pooling: 'cls' });
    expect([session.asked.length, session.whole]).toEqual([0, 1]);
  });
});

describe('a session in a thread of its own', () => {
  const graph: Graph = {
    file: 'model.onnx',
    inputs: [{ name: 'input_ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] }],
    outputs: STATES,
  };
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pilotlight-pooled-'));
    const builder = new GraphBuilder('ids-as-states');
    const ids = builder.input('input_ids', ELEMENT.int64, ['batch', 'tokens']);
    const axes = builder.constant(int64Tensor('axes', [1], [2]));
    const deep = builder.op('Unsqueeze', [ids, axes], 'deep');
    builder.op('Cast', [deep], 'states', { attributes: { to: int(ELEMENT.float32) } });
    builder.output('states', ELEMENT.float32, ['batch', 'tokens', 1]);
    saveModel(builder.build(), join(folder, 'model.onnx'), join(folder, 'weights.bin'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('pools there, and hands over one vector a row', async () => {
    const options = { intraOpThreads: 1, allowSpinning: false };
    const session = await createWorkerSession(join(folder, 'model.onnx'), graph, options);
    const feeds = () => ({ input_ids: { dims: [2, 3], data: BigInt64Array.of(1n, 3n, 9n, 2n, 6n, 0n) } });
    const rows = [
      { pooling: 'max', tokens: 3 },
      { pooling: 'mean', tokens: 2 },
    ] as const;
    const pooled = await session.runPooled?.(feeds(), { output: 'states', rows });
    expect(pooled).toEqual({ states: { dims: [2, 1], data: Float32Array.of(9, 4) } });
    expect((await session.run(feeds())).states?.dims).toEqual([2, 3, 1]);
    await session.dispose();
  });
});
