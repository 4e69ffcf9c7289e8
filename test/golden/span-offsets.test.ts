/** Every span that is reported slices the text to the word that is reported, whatever the text is made of. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Tokenizer } from '../../layers/engine/src/ports.ts';
import { openTokenizer, packagedTokenizer } from '../fixtures/open-tokenizer.ts';
import { Random } from '../fixtures/random.ts';
import { spanPredictor } from '../fixtures/span-predictor.ts';
import { byteLevelBpe, unigram } from '../fixtures/tokenizers.ts';
import { cases } from '../scale.ts';

const PIECES = [
  'the',
  'people',
  'Zyzzyva',
  ' ',
  '  ',
  '\n',
  '.',
  '7',
  '😀',
  '👩‍👩‍👧',
  '🇩🇪',
  'e\u0301',
  'n\u0303\u0323',
  '\u0301',
  '日本語',
  '字',
  'ก็',
  'שלום',
  'مرحبا',
  '\u202e',
  '\u200b',
  '\u00a0',
  '\ufeff',
  '\0',
  '\ud83d',
  '\ude00',
  'ﬁ',
  'İ',
  'ß',
  '𝕬',
  '[SEP]',
  '</s>',
] as const;
const random = new Random(5);
const COUNT = cases({ short: 300, long: 1000 });
const TEXTS = Array.from({ length: COUNT }, () =>
  Array.from({ length: 1 + random.below(16) }, () => random.pick(PIECES)).join(''),
);
const LABELS = ['O', 'B-A', 'I-A', 'E-A', 'S-A', 'B-B', 'I-B'];
/** Short, so that most of the texts are divided into windows. */
const maxTokens = 24;

/** What a tokenizer makes of a slice of the text, by which its tokens are known again. */
interface Family {
  readonly tokenizer: Tokenizer;
  readonly spelt: (word: string) => string;
  readonly unknown: string;
}

/** A mark that a normaliser joins to its letter, or drops, is behind the span of the letter's token, as in transformers. */
const withoutMarks = (word: string) => word.normalize('NFKD').replace(/\p{Mn}/gu, '');
const FAMILIES: Record<string, Family> = {
  'a default package': {
    tokenizer: await packagedTokenizer(),
    spelt: (word) => withoutMarks(word.replace(/[\p{C}\ufffd]/gu, '')).toLowerCase(),
    unknown: '[UNK]',
  },
  'byte-level BPE': {
    tokenizer: await openTokenizer(byteLevelBpe(500)),
    spelt: (word) => word.trim(),
    unknown: '',
  },
  Unigram: {
    tokenizer: await openTokenizer(unigram(500)),
    spelt: (word) => withoutMarks(word).trim(),
    unknown: '<unk>',
  },
};

const UNITS = ['utf16', 'codepoint'] as const;
type Unit = (typeof UNITS)[number];
const place = { start: z.int(), end: z.int() };
const entities = z.array(z.object({ ...place, word: z.string(), token: z.optional(z.string()) }));
const answers = z.array(z.object({ ...place, answer: z.string() }));

/** Code points as Python slices, a lone surrogate counting for one. */
const slice = {
  utf16: (text: string, start: number, end: number) => text.slice(start, end),
  codepoint: (text: string, start: number, end: number) => Array.from(text).slice(start, end).join(''),
};

/** Compared at once, for an assertion for each of a hundred thousand words takes longer than the words. */
function expectWords(
  unit: Unit,
  found: readonly (readonly { readonly word: string; readonly start: number; readonly end: number }[])[],
): void {
  const sliced = TEXTS.map((text, i) => found[i]?.map(({ start, end }) => slice[unit](text, start, end)));
  expect(found.map((spans) => spans.map(({ word }) => word))).toEqual(sliced);
}

describe.each(Object.entries(FAMILIES))('spans by the tokenizer of %s', (_name, family) => {
  const { tokenizer, spelt, unknown } = family;
  const entitiesOf = async (aggregation_strategy: string, offset_unit: Unit) => {
    const predictor = spanPredictor({ task: 'token-classification', labels: LABELS, tokenizer, maxTokens });
    const parameters = { aggregation_strategy, stride: 4, ignore_labels: [], offset_unit };
    const { results } = await predictor.predict(TEXTS, parameters);
    return results.map((result) => entities.parse(result));
  };

  it.each([
    ['simple', 'codepoint'],
    ['first', 'utf16'],
    ['average', 'codepoint'],
    ['max', 'utf16'],
  ] as const)('slice texts to the entities of strategy %s, in %s', async (strategy, unit) => {
    const found = await entitiesOf(strategy, unit);
    expect(found.flat().length).toBeGreaterThan(1.5 * COUNT);
    expectWords(unit, found);
  });

  it.each(UNITS)('slice texts to every token by itself, in %s', async (unit) => {
    const found = await entitiesOf('none', unit);
    expect(found.flat().length).toBeGreaterThan(4 * COUNT);
    expectWords(unit, found);
    const known = found
      .flat()
      .filter(
        ({ token = unknown }) => token !== unknown && /^(##|▁|Ġ)?[\p{L}\d]+$/u.test(token) && token !== 'Ġ',
      );
    const plain = known.filter(
      ({ word }) => family !== FAMILIES['byte-level BPE'] || /^[\x21-\x7e]*$/.test(word),
    );
    expect(plain.length).toBeGreaterThan(COUNT);
    expect(plain.map(({ word }) => spelt(word))).toEqual(
      plain.map(({ token = '' }) => withoutMarks(token.replace(/^(##|▁|Ġ)/, ''))),
    );
  });

  it('never begin or end between the two halves of a character', async () => {
    const found = await entitiesOf('none', 'utf16');
    const halved = TEXTS.flatMap((text, i) =>
      found[i]
        ?.flatMap(({ start, end }) => [start, end])
        .filter((offset) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(offset - 1, offset + 1))),
    );
    expect(halved).toEqual([]);
  });

  it.each([
    [true, 'codepoint'],
    [false, 'utf16'],
  ] as const)('slice contexts to the answers, words: %s, in %s', async (align_to_words, offset_unit) => {
    const predictor = spanPredictor({ task: 'question-answering', tokenizer, maxTokens });
    const parameters = {
      top_k: 8,
      doc_stride: 4,
      align_to_words,
      handle_impossible_answer: true,
      offset_unit,
    };
    const inputs = TEXTS.map((context) => ({ question: 'who', context }));
    const { results } = await predictor.predict(inputs, parameters);
    const found = results.map((result) =>
      answers.parse(result).map(({ answer: word, start, end }) => ({ word, start, end })),
    );
    expect(found.flat().length).toBeGreaterThan(1.5 * COUNT);
    expectWords(offset_unit, found);
  });
});
