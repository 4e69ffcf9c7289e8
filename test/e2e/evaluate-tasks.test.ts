/** Every task of the engine that has right answers, and an archive, asked through the engine. Models are tiny and know nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, readRows } from '@pilotlight/lifecycle';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { addExample, REFERENCES } from './example-archive.ts';
import { addTaskModels } from './task-models.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');

beforeAll(async () => {
  await addTaskModels(packages, ['answers', 'masks', 'entailment', 'encoder', 'ranker']);
  await addExample(packages);
});

async function judge(model: string, rows: readonly object[]) {
  const file = join(folder, `${model}.jsonl`);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return evaluate({ model: { packages, ref: model }, dataset: await readRows(file) });
}

const context = 'Ada Lovelace was born in London.';
const texts = ['delivery takes two days', 'we take cards'];

describe('an evaluation', () => {
  test.each([
    [
      'question-answering',
      'answers',
      [
        { question: 'Who?', context, answers: ['Ada'] },
        { question: 'When?', context, answers: [] },
      ],
      ['exact-match', 'token-f1'],
    ],
    ['fill-mask', 'masks', [{ text: 'a [MASK]', label: 'b' }], ['accuracy', 'mrr@10']],
    [
      'zero-shot-classification',
      'entailment',
      [
        { text: 'my parcel is late', label: 'delivery' },
        { text: 'no card', label: 'payment' },
      ],
      ['accuracy', 'macro-f1', 'ece'],
    ],
    [
      'sentence-similarity',
      'encoder',
      [
        ['a cat', 5],
        ['a dog', 3],
        ['the moon', 0],
      ].map(([pair, score]) => ({ text: 'a cat', pair, score })),
      ['spearman', 'pearson'],
    ],
    ['text-ranking', 'ranker', [{ query: 'pay', texts, relevance: [0, 1] }], ['ndcg@10', 'mrr@10']],
  ])('of %s', async (task, model, rows, metrics) => {
    const report = await judge(model, rows);
    expect(report.task).toBe(task);
    expect(report.dataset.rows).toBe(rows.length);
    expect(Object.keys(report.metrics)).toEqual(metrics);
    for (const { value } of Object.values(report.metrics)) expect(Math.abs(value)).toBeLessThanOrEqual(1);
    expect(report.slices.reduce((sum, slice) => sum + slice.rows, 0)).toBe(rows.length);
  });

  test('of embeddings also ranks', async () => {
    const rows = texts.map((text, index) => ({ query: 'two days', text, relevance: 1 - index }));
    expect(Object.keys((await judge('encoder', rows)).metrics)).toEqual(['ndcg@10', 'mrr@10']);
  });

  test('of an archive of AllenNLP finds its own answers right', async () => {
    const rows = REFERENCES.map(({ input: { sentence }, output }) => {
      const { words, tags } = output as { words: string[]; tags: string[] };
      return { text: sentence, tokens: words, tags };
    });
    const { metrics, slices } = await judge('ner', rows);
    expect(metrics['span-f1']?.value).toBe(1);
    expect(slices[0]?.by).toBe('characters');
  });
});
