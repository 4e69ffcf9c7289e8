import { expect, it } from 'vitest';
import {
  formatPartName,
  isUpload,
  outputFolder,
  parseUploadModel,
} from '../../../../functions/batch/src/object/keys.ts';

const PREFIXES = { input: 'in/', output: 'out/' };
const sentiment = { name: 'sentiment', version: '1.0.0' };

it.each([
  ['in/sentiment/a.jsonl', { name: 'sentiment' }, 'out/sentiment@1.0.0/a.jsonl/'],
  ['in/sentiment@1.0.0/2026/11/a b.csv', sentiment, 'out/sentiment@1.0.0/2026/11/a b.csv/'],
])('the key %s names its model and has a folder of results', (key, model, folder) => {
  expect(isUpload(key, PREFIXES)).toBe(true);
  expect(parseUploadModel(key, PREFIXES)).toEqual(model);
  expect(outputFolder(key, PREFIXES, sentiment)).toBe(folder);
});

it.each(['in/a.jsonl', 'in/../a.jsonl', 'in/Sentiment/a.jsonl', 'in/sentiment@1/a.jsonl', 'in//a.jsonl'])(
  'the key %s names no model',
  (key) => {
    expect(() => parseUploadModel(key, PREFIXES)).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_UNDERSTOOD' }),
    );
  },
);

it.each([
  'out/sentiment@1.0.0/a.jsonl/part-00000.jsonl',
  'in/',
  'in/m/',
  'in/m/a.csv.params.json',
  'inner/a.csv',
])('the key %s is no upload', (key) => {
  expect(isUpload(key, PREFIXES)).toBe(false);
});

it('the numbers of parts sort by name', () => {
  expect([0, 7, 12_345].map(formatPartName)).toEqual([
    'part-00000.jsonl',
    'part-00007.jsonl',
    'part-12345.jsonl',
  ]);
});
