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
const special = (count: number) => ({ '[CLS]': { id: '[CLS]', ids: Array(count).fill(1), tokens: [] } });

describe('a tokenizer that makes texts very much longer', () => {
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
    ['without any', { normalizer: null, post_processor: null, decoder: null }],
  ])('is not one %s', (_title, settings) => {
    expect(() => refuseGrowth(settings)).not.toThrow();
  });
});
