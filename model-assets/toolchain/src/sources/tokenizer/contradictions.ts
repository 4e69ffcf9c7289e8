/** Settings that contradict a tokenizer.json: releases of transformers differ on which of the two wins. */
import { ToolchainError } from '../../errors.ts';
import { hasLowerCase } from './lower-first.ts';
import type { PieceRecipe } from './sentence-piece.ts';
import type { TokenizerSettings } from './settings.ts';
import type { TokenizerClass } from './tokenizer-class.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

/** Settings, and the step of a tokenizer that each of them puts in or leaves out. */
const STEPS = {
  do_lower_case: 'Lowercase',
  keep_accents: 'StripAccents',
  split_by_punct: 'Punctuation',
} as const;
type Key = keyof typeof STEPS;

/** @throws ToolchainError SOURCE_UNSUPPORTED with the key of a setting that the file does not follow, and that is not applied to it */
export function refuseContradictions(
  written: TokenizerJson,
  { kind, pieces }: TokenizerClass,
  settings: TokenizerSettings,
): void {
  const key = pieces
    ? (findOtherStep(written, pieces, settings) ?? findOtherSpace(written, pieces, settings))
    : kind === 'word-piece' && findOtherCase(written, settings);
  if (!key) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `tokenizer_config.json sets ${key} to ${settings[key]}, but tokenizer.json does otherwise. Make one of them say what the model was trained with.`,
  );
}

function findOtherStep(
  { normalizer, pre_tokenizer }: TokenizerJson,
  recipe: PieceRecipe,
  settings: TokenizerSettings,
): Key | undefined {
  const meant = JSON.stringify([recipe.normalizers([], settings), recipe.preTokenizers(settings)]);
  const written = JSON.stringify([normalizer, pre_tokenizer]);
  const has = (steps: string, key: Key) => steps.includes(`"type":"${STEPS[key]}"`);
  const keys: readonly Key[] = ['do_lower_case', 'keep_accents', 'split_by_punct'];
  return keys.find((name) => settings[name] != null && has(meant, name) !== has(written, name));
}

/** The space before a text, where the class leaves it to the settings; a file prepends it by its normalizer or by its pre-tokenizer. */
function findOtherSpace(
  { normalizer, pre_tokenizer }: TokenizerJson,
  recipe: PieceRecipe,
  settings: TokenizerSettings,
): 'add_prefix_space' | undefined {
  const meant = [true, false].map((add_prefix_space) => {
    const chosen = { ...settings, add_prefix_space };
    return JSON.stringify([recipe.normalizers([], chosen), recipe.preTokenizers(chosen)]);
  });
  if (settings.add_prefix_space == null || meant[0] === meant[1]) return undefined;
  const written = JSON.stringify([normalizer, pre_tokenizer]);
  const isNever = /"prepend_scheme":"never"|"add_prefix_space":false/.test(written);
  const prepends =
    written.includes('"type":"Prepend"') || (written.includes('"type":"Metaspace"') && !isNever);
  return settings.add_prefix_space === prepends ? undefined : 'add_prefix_space';
}

/** The settings of BERT are applied to its own normalizer alone. */
function findOtherCase(
  { normalizer }: TokenizerJson,
  { do_lower_case }: TokenizerSettings,
): 'do_lower_case' | undefined {
  if (normalizer?.type === 'BertNormalizer' || do_lower_case == null) return undefined;
  return hasLowerCase(normalizer) === do_lower_case ? undefined : 'do_lower_case';
}
