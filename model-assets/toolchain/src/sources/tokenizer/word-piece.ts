/** WordPiece of the BERT family: built from vocab.txt, and what its settings change in a tokenizer.json. */
import type { SourceFolder } from '../folder.ts';
import type { Draft } from './draft.ts';
import type { TokenizerSettings } from './settings.ts';
import type { Component } from './tokenizer-json.ts';

const VOCABULARY = 'vocab.txt';

/** Builds the tokenizer from the lines of vocab.txt, whose numbers are the ids. */
export function buildWordPiece(folder: SourceFolder, settings: TokenizerSettings, unknown: string): Draft {
  // Python ends lines at these three, and gives a token that stands there twice its last id.
  const lines = (folder.text(VOCABULARY) ?? '').split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return {
    normalizer: { type: 'BertNormalizer', clean_text: true, ...bertOptions(settings) },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(lines.map((token, id) => [token, id])),
    },
  };
}

/** The normalizer of a tokenizer.json as the BERT classes use it: their settings win over what the file says, also by their defaults. */
export function applyBertSettings(normalizer: Component | null | undefined, settings: TokenizerSettings) {
  return normalizer?.type === 'BertNormalizer' ? { ...normalizer, ...bertOptions(settings) } : normalizer;
}

function bertOptions({ do_lower_case, strip_accents, tokenize_chinese_chars }: TokenizerSettings) {
  return {
    handle_chinese_chars: tokenize_chinese_chars ?? true,
    strip_accents: strip_accents ?? null,
    lowercase: do_lower_case ?? true,
  };
}
