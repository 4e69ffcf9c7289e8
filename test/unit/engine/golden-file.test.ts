import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  formatGoldenFile,
  GoldenRounds,
  parseGoldenFile,
} from '../../../layers/engine/src/predict/goldens/golden-file.ts';

const schema = z.strictObject({ text: z.string() });
type Golden = z.infer<typeof schema>;

const parse = (content: string) => parseGoldenFile(content, schema, 10);
const fileOf = (...texts: string[]) =>
  formatGoldenFile({ tolerance: { int8: 0.25 }, goldens: texts.map((text) => ({ text })) });

describe('a file of goldens', () => {
  it('has a header and one golden a line', () => {
    expect(fileOf('a', 'b')).toBe('{"goldens":1,"tolerance":{"int8":0.25}}\n{"text":"a"}\n{"text":"b"}\n');
  });

  it('is read up to the most goldens that there may be', () => {
    const read = (most: number) => parseGoldenFile(fileOf('a', 'b', 'c'), schema, most).goldens;
    expect(read(0)).toEqual([]);
    expect(read(2)).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(read(3)).toEqual([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  });

  it.each([
    ['nothing', '', 'line 1 is empty'],
    ['no header', '{"text":"a"}\n', 'line 1 is not valid'],
    ['a tolerance of 0', '{"goldens":1,"tolerance":{"int8":0}}\n', 'line 1 is not valid'],
    ['a golden that is no JSON', `${fileOf('a')}{"text"\n`, 'line 3 is not JSON'],
    ['a golden of another kind', `${fileOf('a')}{"text":1}\n`, 'line 3 is not valid'],
  ])('is refused by its line where it has %s', (_title, content, reason) => {
    expect(() => parse(content)).toThrow(
      expect.objectContaining({ code: 'PACKAGE_CORRUPT', message: expect.stringContaining(reason) }),
    );
  });
});

describe('rounds of goldens', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pilotlight-golden-rounds-'));
    file = join(folder, 'goldens.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const same = async () => ({ largest: 0 });
  /** The texts and the lines of so many checks. */
  async function check(rounds: GoldenRounds<Golden>, count: number): Promise<[string, number][]> {
    const found: [string, number][] = [];
    for (let i = 0; i < count; i++) {
      let text = '';
      const { line } = await rounds.check('int8', (golden) => {
        text = golden.text;
        return same();
      });
      found.push([text, line]);
    }
    return found;
  }

  it('check one golden after the other, and after the last the first', async () => {
    writeFileSync(file, fileOf('a', 'ü 😀', 'c'));
    const [a, b, c] = [
      ['a', 2],
      ['ü 😀', 3],
      ['c', 4],
    ];
    expect(await check(new GoldenRounds(file, parse), 5)).toEqual([a, b, c, a, b]);
  });

  it('begin where they are to, round the end where they must', async () => {
    writeFileSync(file, fileOf('a', 'b', 'c'));
    expect(await check(new GoldenRounds(file, parse, 2), 2)).toEqual([
      ['c', 4],
      ['a', 2],
    ]);
    expect(await check(new GoldenRounds(file, parse, 7), 1)).toEqual([['b', 3]]);
  });

  it('go on in a file that has fewer by now', async () => {
    writeFileSync(file, fileOf('a', 'b', 'c'));
    const rounds = new GoldenRounds(file, parse);
    await check(rounds, 2);
    writeFileSync(file, fileOf('d'));
    expect(await check(rounds, 2)).toEqual([
      ['d', 2],
      ['d', 2],
    ]);
  });

  it('have as drift how many times over an answer is off by the tolerance', async () => {
    writeFileSync(file, fileOf('a'));
    const rounds = new GoldenRounds(file, parse);
    expect(await rounds.check('int8', same)).toEqual({ line: 2, drift: 0 });
    expect(await rounds.check('int8', async () => ({ largest: 0.5 }))).toEqual({ line: 2, drift: 2 });
  });

  it('say what else differs in place of a drift', async () => {
    writeFileSync(file, fileOf('a'));
    const compare = async () => ({ largest: 0.5, problem: 'other tokens' });
    expect(await new GoldenRounds(file, parse).check('int8', compare)).toEqual({
      line: 2,
      problem: 'other tokens',
    });
  });

  it.each(['fp32', 'toString'])('run nothing for %s, of which there is no tolerance', async (variant) => {
    writeFileSync(file, fileOf('a', 'b'));
    const compare = () => Promise.reject(new Error('run'));
    expect(await new GoldenRounds(file, parse, 1).check(variant, compare)).toEqual({
      line: 3,
      problem: `there is no tolerance for ${variant}`,
    });
  });

  it('fail by what the comparison throws, and go on with the next golden', async () => {
    writeFileSync(file, fileOf('a', 'b'));
    const rounds = new GoldenRounds(file, parse);
    const failure = new Error('run');
    await expect(rounds.check('int8', () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await check(rounds, 1)).toEqual([['b', 3]]);
  });

  it('are refused where there is no golden, or no file', async () => {
    const rounds = new GoldenRounds(file, parse);
    await expect(rounds.check('int8', same)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: 'The goldens of the model cannot be used: they cannot be read.',
      cause: { code: 'ENOENT' },
    });
    writeFileSync(file, fileOf());
    await expect(rounds.check('int8', same)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: 'The goldens of the model cannot be used: there is none.',
    });
    writeFileSync(file, fileOf('a'));
    expect(await check(rounds, 1)).toEqual([['a', 2]]);
  });
});
