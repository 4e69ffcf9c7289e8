/** Settings of SentencePiece classes that contradict a tokenizer.json: releases of transformers differ on which of the two wins. */
import { ToolchainError } from '../../errors.ts';
import type { PieceRecipe } from './sentence-piece.ts';
import type { TokenizerSettings } from './settings.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

/** Settings, and the step of a tokenizer that each of them puts in or leaves out. */
const STEPS = {
  do_lower_case: 'Lowercase',
  keep_accents: 'StripAccents',
  split_by_punct: 'Punctuation',
} as const;
type Key = keyof typeof STEPS;

/** @throws ToolchainError SOURCE_UNSUPPORTED with the key of a setting that the file does not follow */
export function refuseContradictions(
  { normalizer, pre_tokenizer }: TokenizerJson,
  recipe: PieceRecipe,
  settings: TokenizerSettings,
): void {
  const meant = JSON.stringify([recipe.normalizers([], settings), recipe.preTokenizers(settings)]);
  const written = JSON.stringify([normalizer, pre_tokenizer]);
  const has = (steps: string, key: Key) => steps.includes(`"type":"${STEPS[key]}"`);
  const keys: readonly Key[] = ['do_lower_case', 'keep_accents', 'split_by_punct'];
  const key = keys.find((name) => settings[name] != null && has(meant, name) !== has(written, name));
  if (key === undefined) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `tokenizer_config.json sets ${key} to ${settings[key]}, but tokenizer.json does otherwise. Make one of them say what the model was trained with.`,
  );
}
