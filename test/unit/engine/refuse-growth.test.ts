import { describe, expect, it } from 'vitest';
import { refuseGrowth } from '../../../layers/engine/src/tokenizer/refuse-growth.ts';
import { tokenizerJson } from '../../fixtures/vocabulary.ts';

const replace = (content: string, replaced: string) => ({
  type: 'Replace',
  pattern: { String: replaced },
  content,
});
const sequence = (...normalizers: readonly object[]) => ({ type: 'Sequence', normalizers });
const sixTimes = Array.from({ length: 6 }, () => replace('a'.repeat(50), 'a'));
const times = (count: number, step: object) => Array.from({ length: count }, () => step);
const A = { Sequence: { id: 'A', type_id: 0 } };
const B = { Sequence: { id: 'B', type_id: 1 } };
const CLS = { SpecialToken: { id: '[CLS]', type_id: 0 } };
/** A map of characters with an empty trie. */
const charsmap = (...texts: readonly string[]) =>
  Buffer.from(`\0\0\0\0${texts.map((text) => `${text}\0`).join('')}`).toString('base64');
const special = (count: number) => ({ '[CLS]': { id: '[CLS]', ids: Array(count).fill(1), tokens: [] } });

describe('a tokenizer that makes texts or the work on a word very much longer', () => {
  it.each<[string, object]>([
    ['six replacements, each fifty times as long', { normalizer: sequence(...sixTimes) }],
    ['sequences in sequences', { normalizer: sequence(sequence(...sixTimes), sequence(...sixTimes)) }],
    ['one replacement', { normalizer: replace('b'.repeat(1000), 'a') }],
    [
      'an expression that matches the empty text',
      { normalizer: { pattern: { Regex: '' }, content: 'b'.repeat(64) } },
    ],
    ['a text put before each', { normalizer: { type: 'Prepend', prepend: 'b'.repeat(1000) } }],
    ['a decoder', { decoder: { type: 'Sequence', decoders: sixTimes } }],
    ['special tokens', { post_processor: { type: 'TemplateProcessing', special_tokens: special(1001) } }],
    [
      'special tokens of a sequence',
      { post_processor: { type: 'Sequence', processors: [{}, { special_tokens: special(1001) }] } },
    ],
    [
      'bytes written as characters, again and again',
      { normalizer: sequence(...times(4, { type: 'ByteLevel' })) },
    ],
    [
      'bytes written as characters before the division into words',
      { pre_tokenizer: { type: 'Sequence', pretokenizers: times(4, { type: 'ByteLevel' }) } },
    ],
    [
      'little by a normaliser, and little before the division into words',
      { normalizer: replace('b'.repeat(32), 'a'), pre_tokenizer: { type: 'ByteLevel' } },
    ],
    [
      'a map of characters',
      { normalizer: { type: 'Precompiled', precompiled_charsmap: charsmap('b', 'c'.repeat(65), 'd') } },
    ],
    ['a text given twice', { post_processor: { type: 'TemplateProcessing', single: [A, A], pair: [A, B] } }],
    [
      'a pair of the same, in a sequence',
      { post_processor: { type: 'Sequence', processors: [{}, { single: [A], pair: [A, B, B] }] } },
    ],
    [
      'one special token many times',
      { post_processor: { single: [...times(1000, CLS), A], special_tokens: special(1) } },
    ],
    ['words without end', { model: { type: 'WordPiece', max_input_chars_per_word: 1001 } }],
    ['settings that nobody can read', { normalizer: 7 }],
  ])('is refused: %s', (_title, settings) => {
    expect(() => refuseGrowth(settings)).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
  });

  it.each<[string, unknown]>([
    ['of BERT', tokenizerJson(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a'])],
    [
      'of Llama',
      {
        normalizer: sequence({ prepend: '▁' }, replace('▁', ' ')),
        decoder: { decoders: [replace(' ', '▁'), { type: 'Strip', content: ' ' }] },
      },
    ],
    ['of ALBERT', { normalizer: sequence(replace('"', '``'), replace('"', "''"), { type: 'NFKD' }) }],
    [
      'of Llama 3, which writes bytes as characters once',
      {
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Split', pattern: { Regex: '.' } }, { type: 'ByteLevel' }],
        },
        post_processor: {
          type: 'Sequence',
          processors: [
            { type: 'ByteLevel' },
            { single: [CLS, A], pair: [CLS, A, CLS, B], special_tokens: special(1) },
          ],
        },
        decoder: { type: 'ByteLevel' },
      },
    ],
    [
      'of T5, whose map of characters has one that becomes eighteen',
      {
        normalizer: sequence(
          { type: 'Precompiled', precompiled_charsmap: charsmap('صلى الله عليه وسلم') },
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
        ),
      },
    ],
    ['without any', { normalizer: null, post_processor: null, decoder: null }],
  ])('is not one %s', (_title, settings) => {
    expect(() => refuseGrowth(settings)).not.toThrow();
  });
});
