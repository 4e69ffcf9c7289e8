/** Opens the text processing of a package: the manifest's `kind` says how its text becomes ids. */
import type { TextProcessing } from '@pilotlight/model-format';
import type { CreateTokenizer, ModelPackage, Tokenizer } from '../ports.ts';
import { createRustTokenizer } from './rust-tokenizer.ts';

type Kind = TextProcessing['kind'];
type Open<K extends Kind> = (
  files: Pick<ModelPackage, 'path'>,
  textProcessing: Extract<TextProcessing, { readonly kind: K }>,
) => Promise<Tokenizer>;

/** Every kind of text processing. A further kind is one entry, which imports its module when it is first opened. */
const TOKENIZERS: { readonly [K in Kind]: Open<K> } = {
  // It is imported eagerly, because it must hand its work to other threads before it gives way.
  'tokenizer.json': createRustTokenizer,
};

/** @throws EngineError PACKAGE_CORRUPT where a file does not parse, or its vocabulary is not the model's */
export const createTokenizer: CreateTokenizer = (files, textProcessing) =>
  TOKENIZERS[textProcessing.kind](files, textProcessing);
