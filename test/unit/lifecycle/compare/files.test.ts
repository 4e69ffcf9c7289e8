/** The files that comparisons read: texts, and answers that were recorded. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecording, readRecording, readSamples } from '@pilotlight/lifecycle';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const folder = temporaryFolder();
function fileOf(name: string, lines: readonly unknown[]): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return file;
}

describe('texts', () => {
  it('are the lines of a file, or the rows of one of JSON, whatever columns they have beside', async () => {
    expect(await readSamples(fileOf('texts.txt', ['one', '', '"two"']))).toEqual([
      { text: 'one' },
      { text: '"two"' },
    ]);
    const rows = [
      '"one"',
      { text: 'two', label: 'x' },
      { text: 'three', text_pair: 'four' },
      { inputs: 'five' },
    ];
    expect(await readSamples(fileOf('texts.jsonl', rows))).toEqual([
      { text: 'one' },
      { text: 'two' },
      { text: 'three', pair: 'four' },
      { text: 'five' },
    ]);
  });

  it('may be what a predictor reads', async () => {
    const inputs = [
      { question: 'who?', context: 'her' },
      { sentence: 'a b', domain: 1 },
    ];
    expect(await readSamples(fileOf('inputs.jsonl', inputs))).toEqual([
      { text: 'who?', pair: 'her', json: { question: 'who?', context: 'her' } },
      { text: 'a b', json: { sentence: 'a b', domain: 1 } },
    ]);
  });

  it.each([
    ['a line that is not JSON', ['"one"', '{'], /^Line 2 of .* is not JSON\.$/],
    ['a row that is no text', ['7'], /^Line 1 of .* is not usable: it must be a text or an object/],
    ['nothing', [''], /has no texts/],
  ])('are not %s', async (_, lines, message) => {
    await expect(readSamples(fileOf('bad.jsonl', lines))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('recorded answers', () => {
  it('are told from texts by their first line', async () => {
    expect(await isRecording(fileOf('some.jsonl', [{ text: 'one' }]))).toBe(false);
    expect(await isRecording('sentiment')).toBe(false);
    expect(await isRecording(fileOf('answers.jsonl', [{ answers: 1 }]))).toBe(true);
  });

  it('are refused by the line that is none, with what to do', async () => {
    await expect(readRecording(fileOf('broken.jsonl', [{ answers: 1 }]))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(/^Line 1 of .* is no line of recorded answers\. Record them with /),
    });
  });
});
