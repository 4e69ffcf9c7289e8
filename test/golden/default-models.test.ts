/** The default models as they are served, on the public test splits; read where they lie beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Engine, type EntityGroup, type LabelScore } from '@pilotlight/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { LONG, sampled } from '../scale.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DATASETS = resolve(ROOT, '../shared/datasets');
const PACKAGES = resolve(ROOT, 'model-assets/packages');

/** So many texts of a split are read in `npm test`, and their share may lie that many points beside the one of the whole. */
const SAMPLE = 700;
const SAMPLING_ERROR = LONG ? 0 : 2.5;
/** int8 answers differ a little from one instruction set to another. */
const TOLERANCE = 0.5 + SAMPLING_ERROR;

interface Row {
  readonly text: string;
  readonly label: string;
  readonly spans: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

const engine = new Engine({ packages: PACKAGES });
afterAll(() => engine.dispose());

function readRows(dataset: string): readonly Row[] {
  const lines = readFileSync(resolve(DATASETS, dataset, 'test.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return sampled(lines, { short: SAMPLE }).map((line): Row => JSON.parse(line));
}

async function predictAll<Result>(
  model: string,
  rows: readonly Row[],
  parameters: object,
): Promise<readonly Result[]> {
  const texts = rows.map(({ text }) => text);
  const { results } = await engine.predict(model, texts, { truncate: true, ...parameters });
  return results as readonly Result[];
}

/** Share of rows, in percent, whose best label is the one of the row. */
async function accuracy(model: string, rows: readonly Row[]): Promise<number> {
  const results = await predictAll<LabelScore[]>(model, rows, { top_k: 1 });
  return (100 * rows.filter(({ label }, i) => results[i]?.[0]?.label === label).length) / rows.length;
}

/** The manifest's figure in percent. */
async function recorded(model: string, dataset: string, metric: string): Promise<number> {
  const { manifest } = await engine.predictor(model);
  const entry = manifest.quality.find((quality) => quality.dataset === dataset && quality.metric === metric);
  return 100 * (entry?.served ?? Number.NaN);
}

describe.skipIf(!existsSync(DATASETS))(
  'the default models on the test splits (skipped without ../shared/datasets)',
  () => {
    it.each([
      ['sentiment_mix', 85],
      ['sst2', 79],
    ])(
      'sentiment is as accurate on %s as its manifest says, and above the floor of %s percent',
      async (dataset, floor) => {
        const share = await accuracy('sentiment', readRows(dataset));
        expect(share).toBeGreaterThanOrEqual(floor - SAMPLING_ERROR);
        expect(Math.abs(share - (await recorded('sentiment', `${dataset}/test`, 'accuracy')))).toBeLessThan(
          TOLERANCE,
        );
      },
    );

    it('intent is above its floors in scope and out of scope, by its best label alone', async () => {
      const rows = readRows('clinc150');
      const inScope = await accuracy(
        'intent',
        rows.filter(({ label }) => label !== 'oos'),
      );
      const recall = await accuracy(
        'intent',
        rows.filter(({ label }) => label === 'oos'),
      );
      expect(inScope).toBeGreaterThanOrEqual(91.5 - SAMPLING_ERROR);
      expect(recall).toBeGreaterThanOrEqual(75 - 2 * SAMPLING_ERROR);
      expect(
        Math.abs(inScope - (await recorded('intent', 'clinc150/test', 'in-scope accuracy'))),
      ).toBeLessThan(TOLERANCE);
    });

    it('slots finds the spans of snips as well as its manifest says, at their character offsets', async () => {
      const rows = readRows('snips');
      const f1 = await spanF1(rows, {});
      expect(f1).toBeGreaterThanOrEqual(94);
      expect(Math.abs(f1 - (await recorded('slots', 'snips/test', 'span F1')))).toBeLessThan(0.5);
      expect(await spanF1(rows, { decoding: 'argmax' })).toBeLessThan(f1);
    });

    /** Micro-averaged over all spans, in percent. */
    async function spanF1(rows: readonly Row[], parameters: object): Promise<number> {
      const first = { aggregation_strategy: 'first', ...parameters };
      const results = await predictAll<EntityGroup[]>('slots', rows, first);
      const key = (label: string, start: number, end: number) => `${label} ${start} ${end}`;
      let found = 0;
      let predicted = 0;
      let gold = 0;
      for (const [i, { spans }] of rows.entries()) {
        const wanted = new Set(spans.map(({ label, start, end }) => key(label, start, end)));
        const given = (results[i] ?? []).map(({ entity_group, start, end }) => key(entity_group, start, end));
        found += given.filter((span) => wanted.has(span)).length;
        predicted += given.length;
        gold += wanted.size;
      }
      return (200 * found) / (predicted + gold);
    }
  },
);

describe('the default models', () => {
  it.each(['sentiment', 'intent', 'slots'])(
    '%s in int8 agrees with its fp32 on at least 99 percent, within 0.5 points',
    async (model) => {
      const { manifest } = await engine.predictor(model);
      expect(manifest.quality.length).toBeGreaterThan(0);
      for (const { fp32, served, agreement } of manifest.quality) {
        expect(agreement).toBeGreaterThanOrEqual(0.99);
        expect(Math.abs(fp32 - served)).toBeLessThanOrEqual(0.005);
      }
    },
  );

  it.each([
    ['I love this', 'positive'],
    ['not bad at all', 'positive'],
    ['it does not do what it promises', 'negative'],
    ['I do not think this is good', 'negative'],
    ['terrible service', 'negative'],
    ['works as expected', 'positive'],
    ['never again', 'negative'],
  ])('sentiment understands "%s"', async (text, label) => {
    const { results } = await engine.predict('sentiment', text, { top_k: 1 });
    expect(results).toMatchObject([[{ label }]]);
  });
});
