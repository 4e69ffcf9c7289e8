import { expect, it } from 'vitest';
import { countCharacters, estimateTokens } from '../../../layers/engine/src/batching/estimate-tokens.ts';
import type { Tokenizer, TokenRequest } from '../../../layers/engine/src/ports.ts';

/** A tokenizer of two tokens for a `b`, and one for any other character, and what it was given. */
function reading() {
  const read: string[] = [];
  const tokenizer: Pick<Tokenizer, 'encode'> = {
    encode: async (requests) => {
      read.push(...requests.map(({ text }) => text));
      return requests.map(({ text }) => [
        { ids: [], typeIds: [], untruncatedLength: text.length + text.split('b').length - 1 },
      ]);
    },
  };
  return {
    read,
    estimate: (texts: readonly TokenRequest[]) =>
      estimateTokens(tokenizer as Tokenizer, texts, { maxTokens: 8 }),
  };
}

it('a large text is read in twelve pieces of a thousand characters, evenly apart', async () => {
  const { read, estimate } = reading();
  const letters = 'acdefghijklm';
  const text = [...letters].map((letter) => letter.repeat(2000)).join('');
  expect(await estimate([{ text }])).toBe(24_000);
  expect(read).toEqual([...letters].map((letter) => letter.repeat(1000)));
});

it('texts count by their share of all characters, those beside them among them', async () => {
  const { estimate } = reading();
  const [plain, dense] = ['a'.repeat(12_000), 'b'.repeat(12_000)];
  expect(await estimate([{ text: plain }, { text: dense }])).toBe(36_000);
  expect(await estimate([{ text: plain, pair: dense }])).toBe(36_000);
  expect(await estimate([{ text: dense }, { text: dense }])).toBe(48_000);
});

it('a piece ends with the text in which it begins, and short texts may be in none', async () => {
  const { read, estimate } = reading();
  const texts = Array.from({ length: 48 }, (_, index) => ({
    text: String.fromCharCode(0x100 + index).repeat(100),
  }));
  expect(await estimate(texts)).toBe(4800);
  expect(read).toEqual(texts.filter((_, index) => index % 4 === 0).map(({ text }) => text));
  const cut = reading();
  await cut.estimate([{ text: 'a'.repeat(150) }, { text: 'c'.repeat(90) }]);
  expect(cut.read).toEqual([
    ...[150, 130, 110, 90, 70, 50, 30, 10].map((length) => 'a'.repeat(length)),
    ...[80, 60, 40, 20].map((length) => 'c'.repeat(length)),
  ]);
});

it('no texts have no tokens', async () => {
  expect(await reading().estimate([])).toBe(0);
  expect(await reading().estimate([{ text: '' }])).toBe(0);
  expect(countCharacters([{ text: 'ab', pair: 'cde' }, { text: 'f' }])).toBe(6);
});
