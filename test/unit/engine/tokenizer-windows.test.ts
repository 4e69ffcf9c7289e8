import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncodeOptions, Encoding, Tokenizer, TokenRequest } from '../../../layers/engine/src/ports.ts';
import { createRustTokenizer } from '../../../layers/engine/src/tokenizer/rust-tokenizer.ts';
import { byteLevelBpe, unigram } from '../../fixtures/tokenizers.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';
import { manifestOf } from './fakes.ts';

const SIZE = 500;
const FAMILIES = {
  BERT: { json: tokenizerJson(vocabulary(SIZE)), specials: 3 },
  RoBERTa: { json: byteLevelBpe(SIZE), specials: 4 },
  'XLM-RoBERTa': { json: unigram(SIZE), specials: 4 },
} as const;
type Family = keyof typeof FAMILIES;
const NAMES: Family[] = ['BERT', 'RoBERTa', 'XLM-RoBERTa'];

const folder = await mkdtemp(join(tmpdir(), 'pilotlight-windows-'));
const tokenizers = new Map<Family, { engine: Tokenizer; native: NativeTokenizer }>();
beforeAll(async () => {
  for (const name of NAMES) {
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(FAMILIES[name].json));
    const native = NativeTokenizer.fromFile(file);
    const model = { ...manifestOf().textProcessing, vocabSize: native.getVocabSize(true) };
    tokenizers.set(name, { engine: await createRustTokenizer({ path: () => file }, model), native });
  }
});
afterAll(() => rm(folder, { recursive: true }));

function of(name: Family) {
  const pair = tokenizers.get(name);
  if (!pair) throw new TypeError(`no tokenizer for ${name}`);
  return pair;
}

async function encode(name: Family, request: TokenRequest, options: EncodeOptions): Promise<Encoding[]> {
  const [windows = []] = await of(name).engine.encode([request], { alignment: true, ...options });
  return windows;
}

/** A text of words that the vocabularies know and of ones that they do not, in scripts that split and that do not. */
const word = fc.constantFrom(
  'the',
  'people',
  'zyzzyva',
  'Ünïcode',
  '😀',
  '日本',
  '.',
  'x',
  'watching',
  'e\u0301',
  '\0',
);
const textOf = (maxLength: number) => fc.array(word, { maxLength }).map((words) => words.join(' '));

const bare = { addSpecialTokens: false };

describe.each(NAMES)('windows of %s', (name) => {
  const { specials } = FAMILIES[name];

  it('are what the native library cuts a context to and puts together with the question', async () => {
    await fc.assert(
      fc.asyncProperty(textOf(4), textOf(120), fc.nat(8), async (question, context, stride) => {
        const { native } = of(name);
        const first = await native.encode(question, null, bare);
        const second = await native.encode(context, null, bare);
        const maxTokens = specials + first.getLength() + Math.max(2 * stride, first.getLength() + 3);
        second.truncate(maxTokens - specials - first.getLength(), stride, 'right');
        const expected = [second, ...second.getOverflowing()].map((part) =>
          native.postProcess(first, part, true),
        );

        const request: TokenRequest = { text: question, pair: context, windows: { of: 'pair', stride } };
        const windows = await encode(name, request, { maxTokens });
        expect(windows.map(({ ids }) => ids)).toEqual(expected.map((part) => part.getIds()));
        expect(windows.map(({ typeIds }) => typeIds)).toEqual(expected.map((part) => part.getTypeIds()));
        expect(windows.map(({ alignment }) => alignment?.specialTokensMask)).toEqual(
          expected.map((part) => part.getSpecialTokensMask()),
        );
      }),
    );
  });

  it('cover a single text from its start to its end, with the overlap asked for', async () => {
    await fc.assert(
      fc.asyncProperty(textOf(120), fc.nat(5), async (text, stride) => {
        const maxTokens = 14;
        const [whole] = await encode(name, { text }, { maxTokens: 10_000 });
        const windows = await encode(name, { text, windows: { of: 'text', stride } }, { maxTokens });
        const ownIds = windows.map(({ ids }) => ids.slice(1, -1));
        const joined = ownIds.flatMap((ids, i) => (i === 0 ? ids : ids.slice(stride)));
        expect([whole?.ids.at(0), ...joined, whole?.ids.at(-1)]).toEqual(whole?.ids);
        expect(Math.max(...windows.map(({ ids }) => ids.length))).toBeLessThanOrEqual(maxTokens);
        for (const { ids, windowStart, untruncatedLength, truncatedTokens } of windows) {
          expect(whole?.ids.slice((windowStart ?? 0) + 1).slice(0, ids.length - 2)).toEqual(ids.slice(1, -1));
          expect([untruncatedLength, truncatedTokens]).toEqual([whole?.ids.length, 0]);
        }
      }),
    );
  });

  it('have spans and word ids of the whole text', async () => {
    const text = '😀 e\u0301t zyzzyva '.repeat(12);
    const [whole] = await encode(name, { text }, { maxTokens: 10_000 });
    const windows = await encode(name, { text, windows: { of: 'text', stride: 3 } }, { maxTokens: 20 });
    expect(windows.length).toBeGreaterThan(2);
    for (const { alignment, windowStart = 0 } of windows) {
      const own = <Value>(values: readonly Value[] = []) => values.slice(1, -1);
      const there = <Value>(values: readonly Value[] = []) =>
        values.slice(windowStart + 1).slice(0, own(alignment?.spans).length);
      expect(own(alignment?.spans)).toEqual(there(whole?.alignment?.spans));
      expect(own(alignment?.wordIds)).toEqual(there(whole?.alignment?.wordIds));
    }
  });

  it.each(['right', 'left'] as const)('are not asked for: the text is cut at the %s', async (direction) => {
    await fc.assert(
      fc.asyncProperty(textOf(30), async (text) => {
        const { native } = of(name);
        const single = await native.encode(text, null, bare);
        single.truncate(8, 0, direction);
        const [cut] = await encode(name, { text }, { maxTokens: 10, truncationDirection: direction });
        expect(cut?.ids).toEqual(native.postProcess(single, null, true).getIds());
      }),
    );
  });
});

describe('windows', () => {
  const context = 'the people of the world '.repeat(10);
  const ask = (
    question: string,
    windows: Partial<NonNullable<TokenRequest['windows']>> = {},
    options: Partial<EncodeOptions> = {},
  ) =>
    encode(
      'BERT',
      { text: question, pair: context, windows: { of: 'pair', stride: 2, ...windows } },
      { maxTokens: 23, ...options },
    );
  const questionOf = ({ alignment }: Encoding) =>
    alignment?.tokens.filter((_, i) => alignment.sequenceIds[i] === 0).join(' ');

  it('are one where everything fits, whatever the question takes of it', async () => {
    const windows = await ask('who are the people '.repeat(10), {}, { maxTokens: 200 });
    expect(windows).toMatchObject([{ truncatedTokens: 0 }]);
    expect(windows[0]?.crowded).toBeUndefined();
  });

  it('say that a question leaves them too little room, and cut it', async () => {
    // Of 23 tokens 3 are special: three quarters of 20 are for the question.
    const windows = await ask('who are the people '.repeat(5));
    expect(windows.length).toBeGreaterThan(5);
    for (const window of windows) {
      expect(window).toMatchObject({ crowded: { tokens: 20, maxTokens: 15 }, truncatedTokens: 5 });
      expect(window.ids.length).toBeLessThanOrEqual(23);
      expect(questionOf(window)).toBe('who are the people who are the people who are the people who are the');
    }
  });

  it('cut the question at the left where that is asked for', async () => {
    const [first] = await ask(
      'who are the',
      { other: { field: 'question', maxTokens: 2 } },
      { truncationDirection: 'left' },
    );
    expect(first && questionOf(first)).toBe('are the');
  });

  it('cut the question to what it may have, which is not being too long', async () => {
    const windows = await ask('who are the', { other: { field: 'question', maxTokens: 2 } });
    expect(windows.map(questionOf)).toEqual(windows.map(() => 'who are'));
    expect(windows[0]).toMatchObject({ truncatedTokens: 1 });
    expect(windows[0]?.crowded).toBeUndefined();
  });

  it('are as long as asked for, but never longer than the model takes', async () => {
    const longest = async (maxTokens: number) =>
      Math.max(...(await ask('who', { maxTokens })).map(({ ids }) => ids.length));
    await expect(longest(12)).resolves.toBe(12);
    await expect(longest(100)).resolves.toBe(23);
  });

  it('overlap by half at most, so that a stride never makes a thousand windows of a text', async () => {
    const windows = await ask('who', { stride: 1000 });
    expect(windows.map(({ windowStart }) => windowStart)).toEqual([0, 10, 20, 30, 40]);
  });

  it('are one of special tokens where there is no text', async () => {
    await expect(
      encode('BERT', { text: '', windows: { of: 'text', stride: 2 } }, { maxTokens: 10 }),
    ).resolves.toMatchObject([{ untruncatedLength: 2, windowStart: 0 }]);
  });
});
