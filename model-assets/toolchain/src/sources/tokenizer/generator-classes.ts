/** The tokenizer classes of models that generate, where encoders have none like them. */
import { buildByteLevel } from './byte-level.ts';
import { draftMarian } from './marian.ts';
import { COMMON, GEMMA, LLAMA } from './sentence-piece.ts';
import type { TokenizerSettings } from './settings.ts';
import type { TokenizerClass } from './tokenizer-class.ts';

function aroundTexts({ add_bos_token, add_eos_token }: TokenizerSettings) {
  const around = (text: string, type: string) =>
    `${add_bos_token === false ? '' : `bos_token${type} `}${text}${type}${add_eos_token ? ` eos_token${type}` : ''}`;
  return { single: around('A', ''), pair: `${around('A', '')} ${around('B', ':1')}` };
}

/** The texts that a model reads; `draftMarian` makes the tokenizer of those that it generates, too. */
export const MARIAN: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'source.spm',
  special: () => ({ eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' }),
  template: () => ({ single: 'A eos_token', pair: 'A B eos_token' }),
  typeIds: false,
  pieces: COMMON,
  draft: (folder, settings) => draftMarian(folder, 'source', settings).draft,
};
export const LLAMA_CLASS: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'tokenizer.model',
  special: () => ({ bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' }),
  template: aroundTexts,
  rewritesProcessor: ({ add_bos_token, add_eos_token }) => add_bos_token != null || add_eos_token != null,
  typeIds: false,
  pieces: LLAMA,
};

export const GEMMA_CLASS: TokenizerClass = {
  ...LLAMA_CLASS,
  special: () => ({ bos_token: '<bos>', eos_token: '<eos>', unk_token: '<unk>', pad_token: '<pad>' }),
  further: () => ['<start_of_turn>', '<end_of_turn>'],
  pieces: GEMMA,
};

/** How Qwen2 divides a text before its bytes are looked at. */
const QWEN2_PARTS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export const QWEN2: TokenizerClass = {
  kind: 'byte-level',
  file: 'vocab.json',
  special: () => ({ eos_token: '<|endoftext|>', pad_token: '<|endoftext|>' }),
  template: () => 'byte-level',
  typeIds: false,
  draft: (folder, settings) => ({
    ...buildByteLevel(folder, settings),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: QWEN2_PARTS }, behavior: 'Isolated', invert: false },
        {
          type: 'ByteLevel',
          add_prefix_space: settings.add_prefix_space ?? false,
          trim_offsets: true,
          use_regex: false,
        },
      ],
    },
  }),
};
