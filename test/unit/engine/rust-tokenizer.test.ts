import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tokenizer } from '../../../layers/engine/src/ports.ts';
import { createRustTokenizer } from '../../../layers/engine/src/tokenizer/rust-tokenizer.ts';
import { shareLongestFirst } from '../../../layers/engine/src/tokenizer/truncate.ts';
import { tokenizerJson } from '../../fixtures/vocabulary.ts';
import { manifestOf } from './fakes.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const VOCABULARY = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...LETTERS,
  ...LETTERS.map((l) => `##${l}`),
  '😀',
];
/** A character-wise WordPiece that brings truncation and padding of its own, as exported tokenizers do. */
const TOKENIZER = {
  ...tokenizerJson(VOCABULARY),
  truncation: { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 },
  padding: { strategy: { Fixed: 32 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
};

const model = { ...manifestOf().textProcessing, vocabSize: VOCABULARY.length };
let folder = '';
let file = '';
let tokenizer: Tokenizer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotlight-tokenizer-'));
  file = join(folder, 'tokenizer.json');
  await writeFile(file, JSON.stringify(TOKENIZER));
  tokenizer = await createRustTokenizer({ path: () => file }, model);
});
afterAll(() => rm(folder, { recursive: true }));

const tokensOf = async (text: string, maxTokens = 512, pair?: string) => {
  const request = pair === undefined ? { text } : { text, pair };
  const [[encoding] = []] = await tokenizer.encode([request], { maxTokens, alignment: true });
  return encoding?.alignment?.tokens.join(' ');
};

describe('createRustTokenizer', () => {
  it('never applies the truncation and padding that the file brings', async () => {
    await expect(tokensOf('abcd efgh')).resolves.toBe('[CLS] a ##b ##c ##d e ##f ##g ##h [SEP]');
  });

  it('cuts at the right and keeps the special tokens', async () => {
    await expect(tokensOf('abcd efgh', 5)).resolves.toBe('[CLS] a ##b ##c [SEP]');
  });

  it('cuts the longer text of a pair first', async () => {
    await expect(tokensOf('abcdef', 8, 'xy')).resolves.toBe('[CLS] a ##b ##c [SEP] x ##y [SEP]');
  });

  it('tells how long the request was before it was cut', async () => {
    const [[encoding] = []] = await tokenizer.encode([{ text: 'abcd efgh' }], { maxTokens: 5 });
    expect(encoding?.untruncatedLength).toBe(10);
    expect(encoding?.ids).toHaveLength(5);
  });

  it('gives spans that slice the original string to the token, whatever stands before it', async () => {
    const unit = fc.constantFrom('a', 'b', 'Z', ' ', '😀', '字', 'é', '\u0301', '\0', '\ud800', '.', 'ש');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), async (text) => {
        const [[encoding] = []] = await tokenizer.encode([{ text }], { maxTokens: 512, alignment: true });
        const { tokens = [], spans = [] } = encoding?.alignment ?? {};
        for (const [i, [start, end]] of spans.entries()) {
          const token = (tokens[i] ?? '').replace('##', '');
          if (/^[a-z😀]$/u.test(token)) {
            expect(
              text
                .slice(start, end)
                .toLowerCase()
                .normalize('NFD')
                .replace(/\u0301/g, ''),
            ).toBe(token);
          }
        }
      }),
    );
  });

  it('gives the same encodings for a list as for each text by itself', async () => {
    const texts = ['a', '', 'hello there', '😀 x', 'zz'.repeat(40)];
    const together = await tokenizer.encode(
      texts.map((text) => ({ text })),
      { maxTokens: 16 },
    );
    const apart = await Promise.all(texts.map((text) => tokenizer.encode([{ text }], { maxTokens: 16 })));
    expect(together.map(([only]) => only?.ids)).toEqual(apart.map((windows) => windows[0]?.[0]?.ids));
  });

  it('lets other work go between the texts of a long list', async () => {
    const requests = Array.from({ length: 128 }, () => ({ text: 'abcdefghij '.repeat(200) }));
    const options = { maxTokens: 512, alignment: true };
    const tries: { longest: number; all: number }[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const begun = performance.now();
      let [last, longest, over] = [begun, 0, false];
      const tick = () => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
        if (!over) setImmediate(tick);
      };
      setImmediate(tick);
      await tokenizer.encode(requests, options);
      tick();
      over = true;
      tries.push({ longest, all: performance.now() - begun });
    }
    expect(Math.min(...tries.map(({ longest, all }) => longest / all))).toBeLessThan(0.2);
  });

  it('refuses a tokenizer whose vocabulary is not that of the model', async () => {
    await expect(createRustTokenizer({ path: () => file }, { ...model, vocabSize: 7 })).rejects.toMatchObject(
      {
        code: 'PACKAGE_CORRUPT',
        message: expect.stringContaining('has 58 tokens, but the manifest says 7'),
      },
    );
  });

  it('refuses a file that does not parse', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"version": "1.0"');
    await expect(createRustTokenizer({ path: () => broken }, model)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
    });
  });
});

describe('shareLongestFirst', () => {
  it('keeps all that fits, else as much of both texts as it can, and the odd token of the longer one', () => {
    const count = fc.nat(60);
    fc.assert(
      fc.property(count, count, count, (first, second, budget) => {
        const [a, b] = shareLongestFirst(first, second, budget);
        expect(a + b).toBe(Math.min(first + second, budget));
        expect(a <= first && b <= second).toBe(true);
        const bothCut = a < first && b < second;
        expect(bothCut ? Math.abs(a - b) <= 1 : true).toBe(true);
        if (bothCut && a !== b) expect(a > b).toBe(first > second);
      }),
    );
  });

  it.each([
    [
      [5, 6, 9],
      [4, 5],
    ],
    [
      [6, 5, 9],
      [5, 4],
    ],
    [
      [7, 7, 9],
      [4, 5],
    ],
    [
      [2, 100, 9],
      [2, 7],
    ],
    [
      [100, 2, 9],
      [7, 2],
    ],
    [
      [3, 3, 0],
      [0, 0],
    ],
  ])(
    'of %j tokens and a budget keeps %j, as the Rust tokenizers do',
    ([first = 0, second = 0, budget = 0], kept) => {
      expect(shareLongestFirst(first, second, budget)).toEqual(kept);
    },
  );
});
