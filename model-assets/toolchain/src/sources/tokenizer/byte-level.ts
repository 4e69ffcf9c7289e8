import { ToolchainError } from '../../errors.ts';
import type { SourceFolder } from '../folder.ts';
import type { Draft } from './draft.ts';
import type { TokenizerSettings } from './settings.ts';
import { type Component, tokenIds } from './tokenizer-json.ts';

const VOCABULARY = 'vocab.json';
const MERGES = 'merges.txt';

/** @throws ToolchainError SOURCE_INVALID where a file is missing, or merges do not fit the vocabulary */
export function buildByteLevel(folder: SourceFolder, settings: TokenizerSettings): Draft {
  const vocab = folder.json(VOCABULARY, tokenIds) ?? {};
  return {
    normalizer: null,
    pre_tokenizer: applyPrefixSpace({ type: 'ByteLevel', trim_offsets: true, use_regex: true }, settings),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges: readMerges(folder, vocab),
    },
  };
}

/** A byte-level pre-tokenizer as its classes use it: what the settings say wins, and they mean no space where they say nothing. */
export function applyPrefixSpace(preTokenizer: Component, { add_prefix_space }: TokenizerSettings): Component;
export function applyPrefixSpace(
  preTokenizer: Component | null | undefined,
  settings: TokenizerSettings,
): Component | null | undefined;
export function applyPrefixSpace(
  preTokenizer: Component | null | undefined,
  { add_prefix_space }: TokenizerSettings,
) {
  return preTokenizer?.type === 'ByteLevel'
    ? { ...preTokenizer, add_prefix_space: add_prefix_space ?? false }
    : preTokenizer;
}

function readMerges(folder: SourceFolder, vocab: Readonly<Record<string, number>>): [string, string][] {
  const text = folder.text(MERGES);
  if (text === undefined) throw invalid(`the folder has ${VOCABULARY}, but no ${MERGES}`);
  const [version = '', ...lines] = text.split(/\r?\n/);
  // Readers of transformers do not agree on files without the two: one of them leaves out the first and the last merge.
  if (!version.startsWith('#version') || lines.pop() !== '') {
    throw invalid(`${MERGES} must begin with a line "#version: 0.2" and end with a line break`);
  }
  return lines.map((line, index) => {
    const [left = '', right = '', ...more] = line.split(' ');
    if (more.length === 0 && [left, right, left + right].every((token) => Object.hasOwn(vocab, token)))
      return [left, right];
    throw invalid(`line ${index + 2} of ${MERGES} does not merge two tokens of ${VOCABULARY} into a third`);
  });
}

function invalid(reason: string): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', `${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
}
