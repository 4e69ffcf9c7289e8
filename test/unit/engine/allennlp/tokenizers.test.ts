import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints } from '../../../../layers/engine/src/runtimes/allennlp/text/python-text.ts';
import { wordsOf } from '../../../../layers/engine/src/runtimes/allennlp/text/token.ts';
import { openTokenizer } from '../../../../layers/engine/src/runtimes/allennlp/text/tokenizers/index.ts';
import { smallArchive } from '../../../fixtures/allennlp-hub.ts';

const open = (params: unknown, archive = smallArchive()) =>
  openTokenizer(params, { archive, path: 'reader.tokenizer' });

describe('tokenizers of AllenNLP', () => {
  it('split at what is white space in Python, without offsets', async () => {
    const text = 'a\u0085b\u001cc\u00a0d\u3000e\ufefff  g ';
    for (const type of ['whitespace', 'just_spaces']) {
      expect(await open(type).tokenize(text)).toEqual(
        ['a', 'b', 'c', 'd', 'e\ufefff', 'g'].map((word) => ({ text: word })),
      );
    }
  });

  it('take characters one by one, an emoji as one, between the tokens of both ends', async () => {
    const tokenizer = open({
      type: 'character',
      lowercase_characters: true,
      start_tokens: ['<s>'],
      end_tokens: ['</s>'],
    });
    expect(await tokenizer.tokenize('A 😀')).toEqual([
      { text: '<s>', idx: 0 },
      { text: 'a' },
      { text: ' ' },
      { text: '😀' },
      { text: '</s>', idx: 0 },
    ]);
  });

  it('take bytes plus 1 for characters where the configuration has an encoding', async () => {
    const tokenizer = open({
      type: 'character',
      byte_encoding: 'utf-8',
      start_tokens: [259],
      end_tokens: [260],
    });
    const ids = (await tokenizer.tokenize('aé')).map(({ textId }) => textId);
    expect(ids).toEqual([259, 98, 0xc3 + 1, 0xa9 + 1, 260]);
    await expect(tokenizer.tokenize('\ud800')).rejects.toThrow('half of a surrogate pair');
  });

  it('keep letters together and digits together, and count offsets in code points', async () => {
    const tokens = await open('letters_digits').tokenize("😀 don't 12é³4_!");
    expect(tokens).toEqual([
      { text: '😀', idx: 0 },
      { text: 'don', idx: 2 },
      { text: "'", idx: 5 },
      { text: 't', idx: 6 },
      { text: '12', idx: 8 },
      { text: 'é³', idx: 10 },
      { text: '4', idx: 12 },
      { text: '_', idx: 13 },
      { text: '!', idx: 14 },
    ]);
  });

  it('stand in for spaCy by its rules, or by white space, between the tokens of both ends', async () => {
    const params = { type: 'spacy', start_tokens: ['@start@'], end_tokens: ['@end@'] };
    expect(await open(params).tokenize("I can't.")).toEqual([
      { text: '@start@', idx: 0 },
      { text: 'I', idx: 0, idxEnd: 1, lacksTags: true },
      { text: 'ca', idx: 2, idxEnd: 4, lacksTags: true },
      { text: "n't", idx: 4, idxEnd: 7, lacksTags: true },
      { text: '.', idx: 7, idxEnd: 8, lacksTags: true },
      { text: '@end@', idx: -1 },
    ]);
    const whitespace = smallArchive({ tokenization: 'whitespace' });
    expect(wordsOf(await open('spacy', whitespace).tokenize("I  can't."))).toEqual(['I', "can't."]);
    expect(wordsOf(await open({ split_on_spaces: true }).tokenize("I can't\n."))).toEqual(['I', "can't\n."]);
  });

  it('refuse a text with words without characters where spaCy is told to split at single spaces', async () => {
    for (const text of ['a  b', ' a', '']) {
      await expect(open({ split_on_spaces: true }).tokenize(text)).rejects.toThrow('two in a row');
    }
  });

  it('give offsets at which the text has the token, whatever the text', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '7', ' ', '\n', '.', "'", '😀', 'e\u0301', '中', '-', '…'),
    });
    const tokenizers = [open('spacy'), open('letters_digits')];
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const points = [...given];
        for (const tokenizer of tokenizers) {
          for (const { text: word, idx = 0 } of await tokenizer.tokenize(given)) {
            expect(points.slice(idx, idx + codePoints(word)).join('')).toBe(word);
          }
        }
      }),
    );
  });

  it('refuse a name or a parameter that is not supported, and say where it stands', () => {
    expect(() => open('sentencepiece')).toThrow(
      'The tokenizer sentencepiece of reader.tokenizer is not supported.',
    );
    expect(() => open({ type: 'spacy', language: 'de_core_news_sm' })).toThrow('reader.tokenizer.language');
    expect(() => open({ type: 'character', word_splitter: 1 })).toThrow(
      'reader.tokenizer.word_splitter is not known',
    );
    expect(() => open({ type: 'pretrained_transformer', model_name: 'tiny' })).toThrow('the hub model tiny');
  });
});
