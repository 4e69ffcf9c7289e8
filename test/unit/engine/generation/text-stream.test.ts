import { createStopMatcher } from '@pilotlight/engine/internal/runtimes/generation/text/stop-matcher';
import { StopStrings } from '@pilotlight/engine/internal/runtimes/generation/text/stop-strings';
import { TextStream } from '@pilotlight/engine/internal/runtimes/generation/text/text-stream';
import { bytesOf } from '@pilotlight/engine/internal/runtimes/generation/text/token-table';
import { TokenVocabulary } from '@pilotlight/engine/internal/runtimes/generation/text/token-vocabulary';
import fc from 'fast-check';
import { Tokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { cases } from '../../../scale.ts';

const RUNS = { numRuns: cases({ short: 300, long: 20_000 }) };

/** A tokenizer of single tokens; its model is never used to read a text. */
function tokenizerJson(tokens: readonly string[], decoder: unknown): Record<string, unknown> {
  const special = ['<s>', '</s>'].map((content, index) => ({
    id: tokens.length + index,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder,
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: [] },
  };
}

const replace = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const bytes = [0x20, 0x61, 0xc3, 0xa9, 0xe6, 0x97, 0xa5, 0xf0, 0x9f, 0x98, 0x80, 0xff].map(
  (byte) => `<0x${byte.toString(16).toUpperCase()}>`,
);
const pieces = ['▁', '▁▁', '▁a', 'b', '▁日', '本', '.', "▁'", 's', '▁.', '▁n', "'t", '▁▁c▁', ' d'];
const DECODERS: readonly (readonly [name: string, json: Record<string, unknown>])[] = [
  [
    'bytes',
    tokenizerJson(['a', 'Ġ', 'Ġb', 'Ã', '©', 'æ', 'Ĺ', '¥', 'ð', 'Ł', 'ĺ', 'Ģ', '日', 'Ċ', 'ÿ'], {
      type: 'ByteLevel',
      add_prefix_space: true,
      trim_offsets: true,
      use_regex: true,
    }),
  ],
  [
    'pieces with bytes, and no space in front',
    tokenizerJson([...pieces, ...bytes], {
      type: 'Sequence',
      decoders: [replace, { type: 'ByteFallback' }, { type: 'Fuse' }, strip],
    }),
  ],
  [
    'pieces with bytes',
    tokenizerJson([...pieces, ...bytes], {
      type: 'Sequence',
      decoders: [replace, { type: 'ByteFallback' }, { type: 'Fuse' }],
    }),
  ],
  [
    'pieces',
    tokenizerJson(pieces, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }),
  ],
  [
    'pieces whose space stays in front',
    tokenizerJson(pieces, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true }),
  ],
  [
    'parts of words',
    tokenizerJson(['a', '##b', '.', "'", '##s', 'n', "'t", '##'], {
      type: 'WordPiece',
      prefix: '##',
      cleanup: true,
    }),
  ],
  [
    'words with an end',
    tokenizerJson(['a</w>', 'b', 'c</w>', '.</w>'], { type: 'BPEDecoder', suffix: '</w>' }),
  ],
  ['words', tokenizerJson(['a', 'b', '日本'], null)],
];

/** Ids of a tokenizer, and some that are none. */
const idsOf = (vocabulary: TokenVocabulary) =>
  fc.array(fc.nat({ max: vocabulary.table.special.length + 1 }), { maxLength: 25 });

function readStream(stream: TextStream, ids: readonly number[]): string[] {
  const shown = ids.map((id) => stream.push(id).shown);
  return [...shown, stream.end()];
}

describe('a stream', () => {
  it.each(DECODERS)('has the text that the library gives of all tokens: %s', async (_, json) => {
    const native = Tokenizer.fromString(JSON.stringify(json));
    const vocabulary = new TokenVocabulary(json);
    await fc.assert(
      fc.asyncProperty(idsOf(vocabulary), fc.boolean(), async (ids, skipSpecialTokens) => {
        const shown = readStream(new TextStream(vocabulary, {}, { skipSpecialTokens }), ids);
        expect(shown.join('')).toBe(await native.decode(ids, skipSpecialTokens));
      }),
      RUNS,
    );
  });

  it.each(DECODERS)('never shows half of a pair of code units: %s', (_, json) => {
    const vocabulary = new TokenVocabulary(json);
    fc.assert(
      fc.property(idsOf(vocabulary), (ids) => {
        const shown = readStream(new TextStream(vocabulary, {}), ids);
        for (const piece of shown) expect(piece.isWellFormed()).toBe(true);
      }),
      RUNS,
    );
  });

  it('cleans up as transformers does the whole text: spaces before punctuation go', () => {
    const vocabulary = new TokenVocabulary(DECODERS[3]?.[1]);
    const clean = (text: string) =>
      [' .', ' ?', ' !', ' ,']
        .reduce((cleaned, mark) => cleaned.replaceAll(mark, mark.trim()), text)
        .replaceAll(" ' ", "'")
        .replaceAll(" n't", "n't")
        .replaceAll(" 'm", "'m")
        .replaceAll(" 's", "'s")
        .replaceAll(" 've", "'ve")
        .replaceAll(" 're", "'re");
    fc.assert(
      fc.property(idsOf(vocabulary), (ids) => {
        const plain = readStream(new TextStream(vocabulary, {}), ids).join('');
        expect(readStream(new TextStream(vocabulary, { cleansUp: true }), ids).join('')).toBe(clean(plain));
      }),
      RUNS,
    );
  });

  it('says the name of a special token that it does not show', () => {
    const stream = new TextStream(new TokenVocabulary(DECODERS[3]?.[1]), {});
    expect(stream.push(pieces.length + 1)).toEqual({ text: '</s>', shown: '' });
  });

  it('shows a character with its last byte, and what never became one at the end', () => {
    const [, json] = DECODERS[0] ?? [];
    const stream = new TextStream(new TokenVocabulary(json), {});
    expect([3, 4, 5, 6].map((id) => stream.push(id).shown)).toEqual(['', 'é', '', '']);
    expect(stream.end()).toBe('\ufffd');
  });

  it('refuses a tokenizer whose texts cannot be streamed', () => {
    expect(() => new TokenVocabulary(tokenizerJson(['a'], { type: 'CTC', pad_token: 'a' }))).toThrow(
      expect.objectContaining({ code: 'PACKAGE_INVALID' }),
    );
  });
});

const text = fc.array(fc.constantFrom('a', 'b', 'aa', 'ab', 'é', ' '), { maxLength: 20 });
const stops = fc.array(
  fc
    .array(fc.constantFrom('a', 'b', 'é', ' '), { minLength: 1, maxLength: 4 })
    .map((letters) => letters.join('')),
  { maxLength: 3 },
);

/** The end of the stop string that is complete first; the whole length where none is. */
function firstEnd(whole: string, strings: readonly string[]): number {
  const ends = strings.flatMap((string) =>
    whole.includes(string) ? [whole.indexOf(string) + string.length] : [],
  );
  return Math.min(whole.length, ...ends);
}

describe('stop strings', () => {
  it('end the text behind the first one, and are shown when they are complete and not before', () => {
    fc.assert(
      fc.property(text, stops, (parts, strings) => {
        const step = new StopStrings(strings);
        let [shown, given] = ['', ''];
        for (const part of parts) {
          shown += step.push(part);
          given += part;
          const end = firstEnd(given, strings);
          const rest = given.slice(shown.length, end);
          // What is held back is the beginning of a stop string, or nothing.
          expect(
            rest === '' || strings.some((string) => string.length > rest.length && string.startsWith(rest)),
          ).toBe(true);
        }
        shown += step.end();
        const whole = parts.join('');
        expect(shown).toBe(whole.slice(0, firstEnd(whole, strings)));
        expect(step.found !== undefined).toBe(strings.some((string) => whole.includes(string)));
        if (step.found !== undefined) expect(shown.endsWith(step.found)).toBe(true);
      }),
      RUNS,
    );
  });

  it('are complete for a search with the token that has their last byte, wherever they begin', () => {
    const vocabulary = new TokenVocabulary(DECODERS[0]?.[1]);
    const { table } = vocabulary;
    const ids = fc.array(fc.nat({ max: table.special.length - 1 }), { minLength: 1, maxLength: 12 });
    const strings = fc.array(
      fc.constantFrom('a', ' b', 'é', 'aé', '日', ' b b', '</s>a', 'a<', '\n', 'a日'),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(ids, ids, strings, (prompt, newIds, wanted) => {
        const matcher = createStopMatcher(table, wanted);
        const bytesBefore = (count: number) =>
          Buffer.concat([...prompt, ...newIds].slice(0, count).map((id) => bytesOf(table, id)));
        const [before, after] = [
          bytesBefore(prompt.length + newIds.length - 1),
          bytesBefore(prompt.length + newIds.length),
        ];
        const isComplete = wanted.some((string) => {
          const last = after.lastIndexOf(string);
          return last >= 0 && last + Buffer.byteLength(string) > before.length;
        });
        expect(matcher.completes(prompt, newIds)).toBe(isComplete);
      }),
      RUNS,
    );
  });

  it('that are empty stop nothing', () => {
    const vocabulary = new TokenVocabulary(DECODERS[0]?.[1]);
    expect(createStopMatcher(vocabulary.table, ['']).completes([], [0])).toBe(false);
    expect(new StopStrings(['']).push('a')).toBe('a');
  });
});
