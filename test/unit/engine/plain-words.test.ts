/** Plain texts that are read in the thread that asks, beside the library that reads all others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Tokenizer } from '../../../layers/engine/src/ports.ts';
import { PlainWords } from '../../../layers/engine/src/tokenizer/plain-words.ts';
import { createRustTokenizer } from '../../../layers/engine/src/tokenizer/rust-tokenizer.ts';

const PACKAGE = join(import.meta.dirname, '../../../model-assets/packages/intent/1.0.1');
const { textProcessing } = JSON.parse(readFileSync(join(PACKAGE, 'model.json'), 'utf8'));
const rest = JSON.parse(readFileSync(join(PACKAGE, textProcessing.split.rest.path), 'utf8'));
const vocabulary = readFileSync(join(PACKAGE, textProcessing.split.vocabulary[0].path), 'utf8').split('\n');

let tokenizer: Tokenizer;
const encode = vi.spyOn(PlainWords.prototype, 'encode');

beforeAll(async () => {
  tokenizer = await createRustTokenizer({ path: (path) => join(PACKAGE, path) }, textProcessing);
  // From the sixteenth single text on, this thread reads plain ones.
  for (let i = 0; i < 17; i++) await tokenizer.encode([{ text: 'a' }], { maxTokens: 512 });
  await vi.waitFor(() => expect(encode).toHaveBeenCalled());
});

const words = fc.oneof(
  fc.constantFrom(...vocabulary.slice(2000, 9000)),
  fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFG0123456789'), maxLength: 30 }),
  fc.constantFrom('', '\n', '\t', '...', "don't", 'x'.repeat(99), 'x'.repeat(100), 'x'.repeat(101), 'U.S.A.'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
);
const texts = fc.oneof(
  fc.array(words, { maxLength: 24 }).map((all) => all.join(' ')),
  fc.array(words, { maxLength: 24 }).map((all) => all.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('[CLS] a [SEP]', '[MASK]', 'Ünïcode', '日本', 'a\u0000b', 'a\rb', '\u2028', ''),
);

describe('a single text', () => {
  it('has the same tokens as among others, which the library reads', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(8, 512), async (text, maxTokens) => {
        const [alone] = await tokenizer.encode([{ text }], { maxTokens });
        const [among] = await tokenizer.encode([{ text }, { text: 'b' }], { maxTokens });
        expect(alone).toEqual(among);
      }),
      { numRuns: 1000 },
    );
    const read = encode.mock.results.filter(({ value }) => value !== undefined);
    expect(read.length).toBeGreaterThan(300);
  });
});

describe('PlainWords', () => {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  let lookups = 0;
  const lookup = {
    tokenToId: (token: string) => {
      lookups += 1;
      return ids.get(token);
    },
  };
  const around = { before: [101], after: [102] };

  it('looks up each word once', () => {
    const plain = PlainWords.of(rest, lookup, around);
    lookups = 0;
    expect(plain?.encode('the fox the fox')).toHaveLength(6);
    expect(lookups).toBe(2);
  });

  it('leaves texts to the library that are not plain, long, or of many unknown parts', () => {
    const plain = PlainWords.of(rest, lookup, around);
    for (const text of ['é', '[SEP]', '<s>', 'a\u0000', 'a '.repeat(300)]) {
      expect(plain?.encode(text)).toBeUndefined();
    }
    lookups = 0;
    expect(plain?.encode('qxzvj'.repeat(19))).toBeUndefined();
    expect(lookups).toBe(64);
  });

  it.each([
    ['another normalizer', { normalizer: { type: 'Lowercase' } }],
    ['another pre-tokenizer', { pre_tokenizer: { type: 'Whitespace' } }],
    ['another model', { model: { type: 'BPE' } }],
    ['a special token that a plain text may have', { added_tokens: [{ content: 'fox' }] }],
    ['no unknown token', { model: { ...rest.model, unk_token: '[NONE]' } }],
  ])('is not there for a tokenizer with %s', (_, changed) => {
    expect(PlainWords.of({ ...rest, ...changed }, lookup, around)).toBeUndefined();
  });

  it('is not there for a tokenizer that is not divided', () => {
    expect(PlainWords.of(undefined, lookup, around)).toBeUndefined();
  });
});
