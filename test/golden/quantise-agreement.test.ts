/** int8 against fp32, both through the serving engine, on checkpoints of every head. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../layers/engine/src/index.ts';
import { packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../model-assets/toolchain/src/progress.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { SERVED_RANGE } from '../fixtures/processor.ts';
import { Random } from '../fixtures/random.ts';
import { vocabulary } from '../fixtures/vocabulary.ts';
import { cases } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const SHAPE = { ...SHAPES.tiny, vocabulary: 3000, hidden: 64, feedForward: 128 };

/** Texts of 3 to 42 words of the vocabulary. */
function texts(count: number): string[] {
  const random = new Random(11);
  const words = vocabulary(SHAPE.vocabulary).filter((word) => /^[a-z]+$/.test(word));
  const pick = () => words[random.below(words.length)] ?? 'a';
  return Array.from({ length: count }, () => Array.from({ length: 3 + random.below(40) }, pick).join(' '));
}

/** The first ones differ the most; PILOTLIGHT_TESTS=long takes all of them. */
const CHECKPOINTS = [
  ['bert', 'token-classification'],
  ['roberta', 'masked-lm'],
  ['distilbert', 'base'],
  ['bert', 'sequence-classification'],
  ['distilbert', 'sequence-classification'],
  ['xlm-roberta', 'question-answering'],
  ['mpnet', 'base'],
] as const;

describe('int8', () => {
  test.each(CHECKPOINTS.slice(0, cases({ short: 1, long: CHECKPOINTS.length })))(
    'of %s for %s is within a few per cent of fp32',
    async (family, head) => {
      const name = `${family}-${head}`;
      const source = join(folder, name);
      const labels = head.endsWith('classification') ? ['O', 'B-x', 'I-x', 'B-y', 'I-y'] : [];
      writeCheckpoint({ family, head, shape: SHAPE, labels }, source);
      await packageModel(
        {
          ...{ source, packages, name, version: '1.0.0', variants: ['int8', 'fp32'], tokenBudget: 1024 },
          ...{ quantise: { keep: [], ...SERVED_RANGE }, evaluations: [], force: false },
        },
        silent,
      );
      const outputs = await Promise.all(
        ['fp32', 'int8'].map(async (variant) => {
          const engine = new Engine({ packages, variant });
          const predictor = await engine.predictor(name);
          const results = await predictor.infer(
            texts(40).map((text) => ({ text })),
            { truncate: true },
          );
          await engine.dispose();
          return results.flatMap(({ outputs }) =>
            Object.values(outputs).flatMap(({ data }) => Array.from(data.subarray(0, 20_000))),
          );
        }),
      );
      const [fp32 = [], int8 = []] = outputs;
      expect(int8).toHaveLength(fp32.length);
      const error = Math.hypot(...chunked(fp32.map((value, at) => value - (int8[at] ?? 0))));
      expect(error / Math.hypot(...chunked(fp32))).toBeLessThan(0.05);
      expect(error).toBeGreaterThan(0);
    },
  );
});

/** Lengths of parts, so that no call gets more arguments than a stack holds. */
function chunked(values: readonly number[]): number[] {
  const size = 10_000;
  return Array.from({ length: Math.ceil(values.length / size) }, (_, part) =>
    Math.hypot(...values.slice(part * size, (part + 1) * size)),
  );
}
