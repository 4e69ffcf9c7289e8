import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GoldenReader } from '../../../layers/engine/src/predict/goldens/golden-reader.ts';
import { CharacterTokenizer, predictorOf } from './fakes.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-goldens-'));
  file = join(folder, 'goldens.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const HEADER = { goldens: 1, tolerance: { int8: 0.5 } };
const golden = (text: string) => ({ text, ids: [1], outputs: {} });

function write(...lines: unknown[]): void {
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function texts(reader: GoldenReader, count: number): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < count; i++) found.push((await reader.next()).golden.text);
  return found;
}

describe('the reader of goldens', () => {
  it('gives one after the other, and after the last the first', async () => {
    write(HEADER, golden('a'), golden('ü 😀'), golden('c'));
    expect(await texts(new GoldenReader(file), 5)).toEqual(['a', 'ü 😀', 'c', 'a', 'ü 😀']);
  });

  it('names the line of each, and the tolerance of the header', async () => {
    write(HEADER, golden('a'), golden('b'));
    const reader = new GoldenReader(file);
    expect(await reader.next()).toEqual({ line: 2, golden: golden('a'), tolerance: { int8: 0.5 } });
    expect(await reader.next()).toMatchObject({ line: 3 });
    expect(await reader.next()).toMatchObject({ line: 2 });
  });

  it('begins after those that it is to skip, round the end where it must', async () => {
    write(HEADER, golden('a'), golden('b'), golden('c'));
    expect(await texts(new GoldenReader(file, 2), 2)).toEqual(['c', 'a']);
    expect(await texts(new GoldenReader(file, 7), 2)).toEqual(['b', 'c']);
  });

  it('reads lines longer than one read, and a last one without its newline', async () => {
    const long = 'x'.repeat(100_000);
    write(HEADER, golden(long), golden('b'));
    const reader = new GoldenReader(file);
    expect(await texts(reader, 3)).toEqual([long, 'b', long]);
    writeFileSync(file, `${JSON.stringify(HEADER)}\n${JSON.stringify(golden('alone'))}`);
    expect(await texts(new GoldenReader(file), 2)).toEqual(['alone', 'alone']);
  });

  it('touches no file before it is asked', async () => {
    const reader = new GoldenReader(join(folder, 'not-there'));
    await expect(reader.next()).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: 'The goldens of the model cannot be used: they cannot be read.',
    });
  });

  it.each([-1, 0, 1])('reads a line whose newline is %i bytes after the end of a read', async (bytes) => {
    const rest = JSON.stringify(golden('')).length;
    const long = 'x'.repeat((1 << 15) - rest + bytes);
    write(HEADER, golden(long), golden('b'));
    expect(await texts(new GoldenReader(file), 3)).toEqual([long, 'b', long]);
  });

  it('takes a line of 4 MiB, and refuses a longer one', async () => {
    const long = 'x'.repeat((1 << 22) - JSON.stringify(golden('')).length);
    write(HEADER, golden(long), golden('b'));
    expect(await texts(new GoldenReader(file), 2)).toEqual([long, 'b']);
    write(HEADER, golden(`${long}x`));
    const reader = new GoldenReader(file);
    for (const _ of ['once', 'and again'])
      await expect(reader.next()).rejects.toThrow('line 2 is longer than 4194304 bytes');
  });

  it('refuses an empty line between others, and goes on after it', async () => {
    writeFileSync(
      file,
      [HEADER, golden('a'), '', golden('b')].map((line) => line && JSON.stringify(line)).join('\n'),
    );
    const reader = new GoldenReader(file);
    expect(await texts(reader, 1)).toEqual(['a']);
    await expect(reader.next()).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining('line 3 is empty'),
    });
    expect(await texts(reader, 2)).toEqual(['b', 'a']);
  });

  const isListed = existsSync('/proc/self/fd');
  it.skipIf(!isListed)('leaves no file open, whether it could be read or not', async () => {
    const open = () =>
      readdirSync('/proc/self/fd').filter((descriptor) => {
        const path = `/proc/self/fd/${descriptor}`;
        return existsSync(path) && readlinkSync(path) === file;
      });
    write(HEADER, golden('a'));
    await new GoldenReader(file).next();
    expect(open()).toEqual([]);
    write(HEADER);
    await expect(new GoldenReader(file).next()).rejects.toThrow('there is none');
    expect(open()).toEqual([]);
  });

  it.each([
    ['no header', [golden('a')], 'line 1 is not valid'],
    ['no golden', [HEADER], 'there is none'],
    ['a line of another kind', [HEADER, { text: 1 }], 'line 2 is not valid'],
  ])('refuses %s', async (_title, lines, reason) => {
    write(...lines);
    await expect(new GoldenReader(file).next()).rejects.toThrow(reason);
  });

  it.each(['', '\n'])('refuses a file that begins with an empty line: %j', async (content) => {
    writeFileSync(file, content);
    await expect(new GoldenReader(file).next()).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining('line 1 is empty'),
    });
  });

  it('refuses what is no JSON by its line, and goes on with the next', async () => {
    writeFileSync(file, `${JSON.stringify(HEADER)}\n{"text"\n${JSON.stringify(golden('b'))}\n`);
    const reader = new GoldenReader(file);
    await expect(reader.next()).rejects.toThrow('line 2 is not JSON');
    expect(await texts(reader, 1)).toEqual(['b']);
  });
});

describe('a predictor that checks a golden', () => {
  /** The fake model answers 'a', whose one token is 97, with the logits -97 and 97. */
  const check = (values: number[], tolerance: Record<string, number> = { int8: 0.5 }) =>
    predictorOf({
      tokenizer: new CharacterTokenizer(),
      nextGolden: async () => ({
        line: 7,
        tolerance,
        golden: { text: 'a', ids: [97], outputs: { logits: { dims: [2], values, top: [[1, 194]] } } },
      }),
    }).checkGolden();

  it('finds no drift in the reference answer, and drift in another', async () => {
    expect(await check([-97, 97])).toEqual({ line: 7, drift: 0 });
    expect(await check([-97, 98])).toEqual({ line: 7, drift: 2 });
  });

  it('says why an answer cannot be compared', async () => {
    expect(await check([-97, 97], { fp32: 0.5 })).toEqual({
      line: 7,
      problem: 'there is no tolerance for int8',
    });
    const otherTokens = predictorOf({
      nextGolden: async () => ({ line: 2, tolerance: { int8: 1 }, golden: golden('a') }),
    });
    expect(await otherTokens.checkGolden()).toMatchObject({
      problem: expect.stringContaining('token 0 is 97'),
    });
  });
});
