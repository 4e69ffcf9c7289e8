import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byLength, countTokens, inBatches, TextMaker } from '../../bench/texts.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-bench-'));
  file = join(folder, 'tokenizer.json');
  writeFileSync(file, JSON.stringify(tokenizerJson(vocabulary(1000))));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LENGTHS = { typical: 32, sigma: 0.8, shortest: 5, longest: 60 };

describe('TextMaker', () => {
  it.each([3, 16, 128])('makes texts of exactly %i tokens for the real tokenizer', async (tokens) => {
    const text = new TextMaker(file, 1).ofTokens(tokens);
    const encoding = await Tokenizer.fromFile(file).encode(text);
    expect(encoding.getLength()).toBe(tokens);
    expect(countTokens(text)).toBe(tokens);
  });

  it('makes the same texts from the same seed, and others from another', () => {
    const texts = (seed: number) => new TextMaker(file, seed).lognormal(5, LENGTHS);
    expect(texts(7)).toEqual(texts(7));
    expect(texts(7)).not.toEqual(texts(8));
  });

  it('keeps lognormal lengths within their bounds and about their median', () => {
    const lengths = new TextMaker(file, 1)
      .lognormal(999, LENGTHS)
      .map(countTokens)
      .sort((a, b) => a - b);
    expect(lengths[0]).toBeGreaterThanOrEqual(5);
    expect(lengths.at(-1)).toBe(60);
    expect(lengths[499]).toBeGreaterThan(28);
    expect(lengths[499]).toBeLessThan(36);
  });

  it('mixes the longest sequences in among the usual ones', () => {
    const lengths = new TextMaker(file, 1).varied(3000, { ...LENGTHS, longest: 20 }, 64).map(countTokens);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([3, 64]);
    const long = lengths.filter((length) => length > 20).length;
    expect(long / lengths.length).toBeGreaterThan(0.05);
    expect(long / lengths.length).toBeLessThan(0.1);
  });

  it('refuses a vocabulary without words', () => {
    const empty = join(folder, 'empty.json');
    writeFileSync(empty, JSON.stringify({ model: { vocab: { a: 0 } } }));
    expect(() => new TextMaker(empty, 1)).toThrow(/too few whole words/);
  });
});

describe('batches', () => {
  it('keep the order and leave the rest in the last one', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('are sorted shortest first on demand', () => {
    expect(byLength(['a b c', 'a', 'a b'])).toEqual(['a', 'a b', 'a b c']);
  });
});
