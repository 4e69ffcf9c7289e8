import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph, SchemeName, Variant } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictorSettings } from '../../../layers/engine/src/load/options.ts';
import { choosePacking, type Packing, packingSessions } from '../../../layers/engine/src/load/packing.ts';
import type { Feeds, SessionOptions } from '../../../layers/engine/src/ports.ts';
import { createOnnxSession } from '../../../layers/engine/src/session/onnx-session.ts';
import { openLater } from '../../../layers/engine/src/session/part-sessions.ts';
import { createWorkerSession } from '../../../layers/engine/src/session/worker-session.ts';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { int } from '../../../model-assets/toolchain/src/graph/node.ts';
import { ELEMENT, floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { holdProducts } from '../../../model-assets/toolchain/src/stages/hold-products.ts';
import { Random } from '../../fixtures/random.ts';
import { differenceOf } from '../../fixtures/same-bits.ts';
import { manifestOf, predictorOf, SummingSession } from './fakes.ts';

const MEBIBYTE = 2 ** 20;
const { int8 } = manifestOf().variants;
if (!int8) throw new RangeError('the manifest has no variant int8');

function variantOf(scheme: SchemeName, changes: Partial<Variant> = {}): Variant {
  const files = [{ path: 'int8/weights.bin', bytes: 100 * MEBIBYTE, sha256: '0'.repeat(64) }];
  return { ...int8, scheme, files, ...changes } as Variant;
}

describe('the weights of a variant', () => {
  const enough = 1000 * MEBIBYTE;
  it.each<[SchemeName, Packing, Packing]>([
    ['int8-static', 'later', 'later'],
    ['int8-static-rows', 'later', 'later'],
    ['int8-rows', 'later', 'later'],
    ['int8-static', 'first', 'first'],
    ['int8-static', 'never', 'never'],
    ['fp32', 'later', 'first'],
    ['int8-weights', 'later', 'first'],
    ['int8-blocks-32', 'later', 'first'],
    ['int8-dynamic-per-channel', 'later', 'first'],
    ['fp32', 'never', 'never'],
  ])('of %s, asked for %s, are packed %s', (scheme, asked, chosen) => {
    expect(choosePacking(variantOf(scheme), asked, enough)).toBe(chosen);
  });

  it('are packed first where layers stayed in fp32, because its answers would change by it', () => {
    const variant = variantOf('int8-static', { keptFp32: ['layer.0.weight'] });
    expect(choosePacking(variant, 'later', enough)).toBe('first');
  });

  it.each<[number, Packing]>([
    [264, 'never'],
    [265, 'later'],
  ])('of 100 MiB, with %s MiB of memory left, are packed %s', (mebibytes, chosen) => {
    expect(choosePacking(variantOf('int8-static'), 'later', mebibytes * MEBIBYTE)).toBe(chosen);
  });

  it('are packed first even where memory is short, if answers would change otherwise', () => {
    expect(choosePacking(variantOf('fp32'), 'later', 0)).toBe('first');
  });
});

describe('the options of the engine', () => {
  const settings = (options: Partial<Parameters<typeof predictorSettings>[0]>) =>
    predictorSettings({ packages: 'packages', ...options }).packing;

  it('pack first in the thread of the caller, and at once behind the first answers in threads of their own', () => {
    expect(settings({})).toEqual({ when: 'first', afterRuns: 16 });
    expect(settings({ sessions: 'worker' })).toEqual({ when: 'later', afterRuns: 0 });
  });

  it('are obeyed', () => {
    expect(settings({ packing: 'later', packAfterRuns: 3 })).toEqual({ when: 'later', afterRuns: 3 });
    expect(settings({ packing: 'never', sessions: 'worker' })).toMatchObject({ when: 'never' });
  });
});

describe('the sessions of a variant', () => {
  async function optionsOf(variant: Variant, when: Packing, afterRuns = 0): Promise<SessionOptions[]> {
    const seen: SessionOptions[] = [];
    const create = packingSessions(
      variant,
      async (_file, _graph, options) => {
        seen.push(options);
        return new SummingSession();
      },
      { when, afterRuns },
      () => 1000 * MEBIBYTE,
    );
    await create('model.onnx', variant.graphs.model, {
      intraOpThreads: 1,
      allowSpinning: false,
      niceness: 3,
    });
    return seen;
  }

  const weighing = (bytes: number): Variant => {
    const variant = variantOf('int8-static');
    return { ...variant, files: variant.files.map((file) => ({ ...file, bytes })) };
  };
  const large = weighing(40 * MEBIBYTE);

  it('pack first where a second thread would take longer to start, but not in the thread of the caller', async () => {
    const small = weighing(8 * MEBIBYTE);
    expect(await optionsOf(small, 'later')).toMatchObject([{ packs: true }]);
    expect(await optionsOf(small, 'later', 16)).toMatchObject([{ packs: false }]);
    expect(await optionsOf(small, 'never')).toMatchObject([{ packs: false }]);
  });

  it('are opened unpacked and then packed, with the same options', async () => {
    expect(await optionsOf(large, 'later')).toEqual(
      [false, true].map((packs) => ({
        intraOpThreads: 1,
        allowSpinning: false,
        niceness: 3,
        foldWeights: false,
        packs,
      })),
    );
  });

  it('are opened once where they pack first or never', async () => {
    expect(await optionsOf(variantOf('fp32'), 'later')).toMatchObject([{ packs: true }]);
    expect(await optionsOf(variantOf('int8-static'), 'never')).toMatchObject([{ packs: false }]);
  });

  it('fold the weights of a scheme that computes in fp32', async () => {
    expect(await optionsOf(variantOf('int8-weights'), 'first')).toMatchObject([{ foldWeights: true }]);
  });
});

describe('a predictor', () => {
  class PackingSession extends SummingSession {
    packed = 0;

    async pack(): Promise<void> {
      this.packed += 1;
    }
  }

  it('packs the weights of all of its sessions that are open when it is told to', async () => {
    const [session, other, third] = [new PackingSession(), new PackingSession(), new PackingSession()];
    await predictorOf({ session, shortSession: other }).pack();
    const partSessions = openLater(async () => [other, third]);
    const predictor = predictorOf({ session, partSessions });
    await predictor.pack();
    expect([session.packed, other.packed, third.packed]).toEqual([2, 1, 0]);
    await partSessions.open();
    await predictor.pack();
    expect([session.packed, other.packed, third.packed]).toEqual([3, 2, 1]);
  });

  it('has nothing to pack where its session packed first', async () => {
    await expect(predictorOf({ session: new SummingSession() }).pack()).resolves.toBeUndefined();
  });
});

const [WIDTH, LABELS] = [768, 5];
const GRAPH: Graph = {
  file: 'model.onnx',
  inputs: [{ name: 'input_ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] }],
  outputs: [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'labels'] }],
};

describe('a classifier in fp32', () => {
  let folder = '';
  const random = new Random(15);
  const options = { intraOpThreads: 2, allowSpinning: false };
  const file = (name: string) => join(folder, name, 'model.onnx');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pilotlight-packing-'));
    for (const name of ['plain', 'held']) {
      const builder = new GraphBuilder('classifier');
      const ids = builder.input('input_ids', ELEMENT.int64, ['batch', WIDTH]);
      const values = builder.op('Cast', [ids], 'values', { attributes: { to: int(ELEMENT.float32) } });
      const weights = floatTensor('weights', [WIDTH, LABELS], new Random(4).normals(WIDTH * LABELS, 1, 0));
      builder.op('MatMul', [values, builder.constant(weights)], 'logits');
      builder.output('logits', ELEMENT.float32, ['batch', LABELS]);
      const model = builder.build();
      if (name === 'held') holdProducts(model);
      await mkdir(join(folder, name));
      saveModel(model, file(name), join(folder, name, 'weights.bin'));
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const batches = [1, 2, 3, 8, 33].map((rows): Feeds => {
    const data = BigInt64Array.from({ length: rows * WIDTH }, () => BigInt(random.below(1000) - 500));
    return { input_ids: { dims: [rows, WIDTH], data } };
  });

  async function differences(name: string): Promise<(string | undefined)[]> {
    const packed = await createOnnxSession(file(name), GRAPH, options);
    const unpacked = await createOnnxSession(file(name), GRAPH, { ...options, packs: false });
    const found: (string | undefined)[] = [];
    for (const feeds of batches) found.push(differenceOf(await packed.run(feeds), await unpacked.run(feeds)));
    await Promise.all([packed.dispose(), unpacked.dispose()]);
    return found;
  }

  it('answers otherwise once its weights are packed', async () => {
    expect((await differences('plain')).filter((found) => found !== undefined)).not.toEqual([]);
  });

  it('gives the same bits packed or not where its weights are held', async () => {
    expect(await differences('held')).toEqual(batches.map(() => undefined));
  });

  it.each([
    ['the caller’s thread', createOnnxSession, 3],
    ['threads of their own', createWorkerSession, 0],
  ])(
    'in %s answers runs that overlap the exchange of sessions as ever',
    async (_where, create, afterRuns) => {
      const variant = variantOf('int8-static');
      const open = packingSessions(variant, create, { when: 'later', afterRuns }, () => 1000 * MEBIBYTE);
      const session = await open(file('held'), GRAPH, options);
      const reference = await createOnnxSession(file('held'), GRAPH, options);
      const copy = ({ input_ids }: Feeds): Feeds => ({
        input_ids: {
          dims: input_ids?.dims ?? [],
          data: BigInt64Array.from([...(input_ids?.data ?? [])], BigInt),
        },
      });
      const expected = [];
      for (const feeds of batches) expected.push(await reference.run(copy(feeds)));
      for (let round = 0; round < 20; round++) {
        const given = await Promise.all(batches.map((feeds) => session.run(copy(feeds))));
        expect(differenceOf(expected, given)).toBeUndefined();
      }
      await session.pack?.();
      expect(differenceOf(expected[0], await session.run(copy(batches[0] ?? {})))).toBeUndefined();
      await Promise.all([session.dispose(), reference.dispose()]);
    },
  );
});
