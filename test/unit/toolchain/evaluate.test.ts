import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine, type Predictor } from '../../../layers/engine/src/index.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { evaluate } from '../../../model-assets/toolchain/src/stages/evaluate.ts';
import { addOptions, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const LABELS = ['transfer', 'weather', 'oos'];
const TAGS = ['O', 'B-city', 'I-city'];
const TEXTS = Array.from(
  { length: 30 },
  (_, index) => `please show me movie number ${index} in the city ${index % 7}`,
);

const engines: Engine[] = [];
async function predictorOf(name: string, variant: string): Promise<Predictor> {
  const engine = new Engine({ packages, variant });
  engines.push(engine);
  return engine.predictor(name);
}

function rowsFile(name: string, rows: readonly unknown[]): string {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
}

beforeAll(async () => {
  const both = { variants: ['int8', 'fp32'] as const };
  const intents = tinyCheckpoint(join(folder, 'intents'), { labels: LABELS });
  await packageModel(addOptions(intents, packages, { ...both, name: 'intents' }), silent);
  const tags = tinyCheckpoint(join(folder, 'tags'), { labels: TAGS, head: 'token-classification' });
  await packageModel(addOptions(tags, packages, { ...both, name: 'tags' }), silent);
});
afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

describe('evaluate', () => {
  test('gives in-scope accuracy and out-of-scope recall for intent data', async () => {
    const [fp32, int8] = [await predictorOf('intents', 'fp32'), await predictorOf('intents', 'int8')];
    const { results } = await fp32.predict(TEXTS, { top_k: 1 });
    const best = (results as { label: string }[][]).map(([top]) => top?.label ?? '');
    // Ten rows are labelled with what fp32 says, and ten with something else.
    const other = (label: string) => (label === 'oos' ? 'weather' : 'oos');
    const rows = TEXTS.slice(0, 20).map((text, at) => {
      const label = best[at] ?? '';
      return { text, label: at < 10 ? label : other(label) };
    });
    const oos = rows.filter(({ label }) => label === 'oos').length;
    const right = (chosen: typeof rows) =>
      chosen.filter((row) => rows.indexOf(row) < 10).length / chosen.length;
    const quality = await evaluate(fp32, int8, {
      file: rowsFile('intents.jsonl', rows),
      dataset: 'mine/dev',
    });
    expect(quality.map(({ metric, rows: count }) => [metric, count])).toEqual([
      ['in-scope accuracy', 20 - oos],
      ['out-of-scope recall', oos],
    ]);
    expect(quality[0]?.fp32).toBeCloseTo(right(rows.filter(({ label }) => label !== 'oos')), 12);
    expect(quality[1]?.fp32).toBeCloseTo(right(rows.filter(({ label }) => label === 'oos')), 12);
  });

  test('compares a variant with itself to full agreement', async () => {
    const int8 = await predictorOf('intents', 'int8');
    const rows = TEXTS.map((text) => ({ text, label: 'weather' }));
    const [quality] = await evaluate(int8, int8, { file: rowsFile('same.jsonl', rows), dataset: 'mine/dev' });
    expect(quality).toMatchObject({ metric: 'accuracy', rows: 30, agreement: 1 });
    expect(quality?.fp32).toBe(quality?.served);
  });

  test('gives span F1 for tagged words, 1 where the tags are those of the model', async () => {
    const [fp32, int8] = [await predictorOf('tags', 'fp32'), await predictorOf('tags', 'int8')];
    const tokensOf = (text: string) => text.split(' ');
    const { results } = await fp32.predict(TEXTS, { aggregation_strategy: 'none', ignore_labels: [] });
    const rows = TEXTS.map((text, row) => {
      const entities = results[row] as { entity: string; start: number }[];
      let from = 0;
      const tags = tokensOf(text).map((word) => {
        const start = text.indexOf(word, from);
        from = start + word.length;
        return entities.find((entity) => entity.start === start)?.entity ?? 'O';
      });
      return { text, tokens: tokensOf(text), tags };
    });
    const [quality] = await evaluate(fp32, int8, { file: rowsFile('tags.jsonl', rows), dataset: 'mine/dev' });
    expect(quality).toMatchObject({ metric: 'span F1', rows: 30, fp32: 1 });
    expect(quality?.agreement).toBeGreaterThan(0.9);
  });

  test.each([
    [
      'a label that the model does not have',
      [{ text: 'a', label: 'balance' }],
      "Row 1 of .* no label 'balance'",
    ],
    ['a row without a label', [{ text: 'a', label: 'oos' }, { text: 'b' }], 'Row 2 of .* label'],
    ['no rows', [], 'has no rows'],
  ])('refuses data with %s', async (_title, rows, message) => {
    const int8 = await predictorOf('intents', 'int8');
    const options = { file: rowsFile('bad.jsonl', rows), dataset: 'mine/dev' };
    await expect(evaluate(int8, int8, options)).rejects.toThrow(new RegExp(message));
  });

  test('is recorded in the manifest and in the model card', async () => {
    const rows = TEXTS.map((text) => ({ text, label: 'weather' }));
    const evaluations = [{ file: rowsFile('card.jsonl', rows), dataset: 'mine/test' }];
    const options = addOptions(join(folder, 'intents/checkpoint'), packages, {
      name: 'measured',
      evaluations,
      variants: ['fp32'],
    });
    const { manifest, folder: packaged } = await packageModel(options, silent);
    expect(manifest.quality).toMatchObject([{ dataset: 'mine/test', metric: 'accuracy', rows: 30 }]);
    const card = readFileSync(join(packaged, 'MODEL_CARD.md'), 'utf8');
    expect(card).toMatch(
      /## Quality as served[\s\S]*\| mine\/test \| accuracy \| 30 \| [\d.]+ \| [\d.]+ \| [\d.]+ \|/,
    );
  });
});
