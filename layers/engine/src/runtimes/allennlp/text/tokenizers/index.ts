/** The tokenizers of AllenNLP by their registrable names. */
import { openRegistrable, type Place, type Registry } from '../registry.ts';
import { character } from './character.ts';
import { lettersDigits } from './letters-digits.ts';
import { pretrainedTransformer } from './pretrained-transformer.ts';
import { spacy } from './spacy.ts';
import type { Tokenizer } from './tokenizer.ts';
import { justSpaces, whitespace } from './whitespace.ts';

export const tokenizers: Registry<Tokenizer> = {
  kind: 'tokenizer',
  defaultType: 'spacy',
  definitions: [spacy, whitespace, justSpaces, character, lettersDigits, pretrainedTransformer],
};

/** Opens a tokenizer of the configuration. @throws EngineError PACKAGE_INVALID for one that is not supported */
export function openTokenizer(params: unknown, place: Place): Tokenizer {
  return openRegistrable(tokenizers, params, place);
}
