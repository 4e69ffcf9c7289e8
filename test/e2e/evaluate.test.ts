/** `models eval` as its users run it, with the default models and rows of our own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationReportSchema, readEvaluationReport } from '@pilotlight/lifecycle';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { run } from './command.ts';
import { runHere } from './command-here.ts';
import { PACKAGES } from './packages.ts';

const CLI = join(import.meta.dirname, '../../cli/src/main.ts');
const folder = temporaryFolder();
const models = (...args: string[]) =>
  run([process.execPath, CLI, 'models', 'eval', ...args, '--packages', PACKAGES]);

const reviews = join(folder, 'reviews.csv');
writeFileSync(
  reviews,
  [
    'review,stars,language',
    '"I love it, really.",positive,en',
    'What a waste of money.,negative,en',
    'It broke after a day.,negative,en',
    'Best purchase of the year!,positive,us',
    'I hate it.,positive,us',
    '',
  ].join('\n'),
);
const columns = ['--columns', 'text=review,label=stars'];

describe('models eval', () => {
  test('prints figures, slices, the mistake and gates, and writes a report that reads back', async () => {
    const [out, page] = [join(folder, 'eval.json'), join(folder, 'eval.html')];
    const ended = await models(
      ...['sentiment', reviews, ...columns, '--slice', 'language'],
      ...['--gate', 'accuracy>=0.8,accuracy[language=us]>=0.9', '--out', out, '--out', page],
    );
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^sentiment@\S+ int8, text-classification: 5 rows of \S+\/reviews\.csv/);
    for (const line of [
      /^accuracy +80\.0 % +/m,
      /^language +en +3 +100\.0 %$/m,
      /^language +us +2 +50\.0 %$/m,
      /^ +6 +I hate it\. +positive +negative$/m,
      /^accuracy>=0\.8 +0\.8 +passed$/m,
      /^accuracy\[language=us\]>=0\.9 +0\.5 +FAILED$/m,
    ])
      expect(ended.stdout).toMatch(line);
    const report = await readEvaluationReport(out);
    expect(report.gates.map(({ passed }) => passed)).toEqual([true, false]);
    expect(report.dataset.rows).toBe(5);
    expect(readFileSync(page, 'utf8')).toContain('I hate it.');
  });

  test('compares a package with itself, and finds no difference', async () => {
    const gate = 'flips<=0,regressions<=0,change:accuracy>=0,p-value>=1';
    const ended = await models(
      'sentiment',
      reviews,
      ...columns,
      '--compare',
      'sentiment',
      '--gate',
      gate,
      '--json',
    );
    expect(ended.code).toBe(0);
    const { comparison } = evaluationReportSchema.parse(JSON.parse(ended.stdout));
    expect(comparison).toMatchObject({ flips: 0, fixes: 0, pValue: 1, shown: [] });
    expect(comparison?.changes.accuracy).toEqual({ value: 0, interval: [0, 0] });
  });

  test('refuses a label that the model does not have, with its line, and what it reads', async () => {
    const ended = await models('intent', reviews, ...columns);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^error DATASET_INVALID: Line 2 of .*: label: the model has no label 'positive'\. intent is for text-class.*\{"text", "label"\}/,
    );
  });

  test.each([
    ['no dataset', ['sentiment'], /eval takes one model and one dataset/],
    ['a gate of no figure', ['sentiment', reviews, ...columns, '--gate', 'acuracy>=0.9'], /mean accuracy\?/],
    ['a gate without a number', ['sentiment', reviews, '--gate', 'accuracy'], /cannot be read/],
    ['a column without a field', ['sentiment', reviews, '--columns', 'text'], /takes pairs such as/],
    ['parameters that are no object', ['sentiment', reviews, '--parameters', '[1]'], /a JSON object/],
  ])('%s is wrong usage, exit code 2', async (_, args, message) => {
    const ended = await runHere(['models', 'eval', ...args, '--packages', PACKAGES]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
  });
});
