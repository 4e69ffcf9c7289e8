/** An engine that serves variants of a version beside the one that is served by itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '@pilotlight/model-format';
import { measuredText } from '@pilotlight/model-format/internal/package/measured';
import fc from 'fast-check';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { estimateMs } from '../../../layers/engine/src/batching/token-limits.ts';
import { Engine, type EngineOptions } from '../../../layers/engine/src/index.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { differenceOf } from '../../fixtures/same-bits.ts';
import { addOptions, tinyCheckpoint } from '../toolchain/fixtures/tiny-models.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const TEXTS = ['a lovely film', 'nobody laughed, and then it rained', 'so so', 'the end of the line', 'why'];
const VARIANTS = [undefined, 'int8', 'fp32'] as const;

const engines: Engine[] = [];
function open(options: Partial<EngineOptions> = {}): Engine {
  const engine = new Engine({ packages, intraOpThreads: 1, ...options });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.dispose()));
});

/** The result of each text by an engine that has this variant alone. */
async function alone(variant: string): Promise<ReadonlyMap<string, unknown>> {
  const engine = open({ variant });
  const results = new Map<string, unknown>();
  for (const text of TEXTS) results.set(text, (await engine.predict('tiny', text)).results[0]);
  return results;
}

beforeAll(async () => {
  await packageModel(addOptions(tinyCheckpoint(folder), packages, { variants: ['int8', 'fp32'] }));
}, 120_000);

it('a call that names a variant gets the same bits as from an engine that was opened with it', async () => {
  const expected = { int8: await alone('int8'), fp32: await alone('fp32') };
  const engine = open();
  for (const text of TEXTS) {
    for (const variant of ['int8', 'fp32'] as const) {
      const { results, model } = await engine.predict({ name: 'tiny', variant }, text);
      expect(differenceOf(expected[variant].get(text), results[0])).toBeUndefined();
      expect(model).toEqual({ name: 'tiny', version: '1.0.0', variant });
    }
    expect(differenceOf(expected.int8.get(text), expected.fp32.get(text))).toBeDefined();
  }
});

const call = fc.record({ text: fc.constantFrom(...TEXTS), variant: fc.constantFrom(...VARIANTS) });

it.each([
  ['side by side', {}],
  ['with answers that are kept', { answerCacheBytes: 1e6 }],
  ['in threads of their own', { sessions: 'worker' }],
  ['with memory for one of them', { memoryBudgetBytes: 1 }],
] as const)(
  'calls of several variants under way at once get each the bits of its own: %s',
  async (_, options) => {
    const expected = { int8: await alone('int8'), fp32: await alone('fp32') };
    const engine = open(options);
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 16 }), async (calls) => {
        const answers = await Promise.all(
          calls.map(async ({ text, variant }) => {
            const ref = { name: 'tiny', version: '1.0.0', variant };
            return (await engine.prepare(ref, text)).run();
          }),
        );
        for (const [i, { results, model }] of answers.entries()) {
          const { text = '', variant = 'int8' } = calls[i] ?? {};
          expect(model.variant).toBe(variant);
          expect(differenceOf(expected[variant].get(text), results[0])).toBeUndefined();
        }
      }),
      { numRuns: 20 },
    );
  },
  60_000,
);

it('a variant is loaded once however many wait for it, and the one that is served by itself has but one model', async () => {
  const engine = open();
  const refs = Array.from({ length: 60 }, (_, i) => ({ name: 'tiny', variant: VARIANTS[i % 3] }));
  const models = await Promise.all(refs.map((ref) => engine.model(ref)));
  expect(new Set(models).size).toBe(2);
  expect(engine.loaded().map(({ variantName }) => variantName)).toEqual(
    expect.arrayContaining(['int8', 'fp32']),
  );
});

it('a version is freed in all its variants, and a variant by itself', async () => {
  const engine = open();
  const ref = { name: 'tiny', version: '1.0.0' };
  await Promise.all([engine.model(ref), engine.model({ ...ref, variant: 'fp32' })]);
  await engine.unload({ ...ref, variant: 'fp32' });
  expect(engine.loaded().map(({ variantName }) => variantName)).toEqual(['int8']);
  await engine.model({ ...ref, variant: 'fp32' });
  await engine.unload(ref);
  expect(engine.loaded()).toEqual([]);
});

it('the estimate of a call is that of the variant that it names', async () => {
  const figures = { int8: { inferMsPerToken: 0.25 }, fp32: { inferMsPerToken: 2 } };
  const version = join(packages, 'tiny/1.0.0');
  const sum = sha256Of(readFileSync(join(version, 'model.json')));
  writeFileSync(join(version, 'measured.json'), measuredText(sum, figures));
  const engine = open();
  for (const variant of ['int8', 'fp32'] as const) {
    const { tokens, estimatedMs } = await engine.prepare({ name: 'tiny', variant }, TEXTS);
    expect(estimatedMs).toBe(estimateMs(tokens, figures[variant]));
  }
});

it('a variant that a version does not have is refused with those that it has', async () => {
  await expect(open().model({ name: 'tiny', variant: 'fp16' })).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message:
      'Model tiny@1.0.0 has no variant fp16; it has fp32, int8. Choose one of them, or package the model again.',
    details: { model: 'tiny', version: '1.0.0' },
  });
});
