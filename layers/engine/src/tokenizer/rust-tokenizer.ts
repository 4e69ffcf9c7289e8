/** The tokenizer port on the official Rust tokenizers: the very code that the models were trained with. */

import type { TextProcessing } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from 'tokenizers';
import * as z from 'zod/mini';
import type { EncodeOptions, Encoding, ModelPackage, Tokenizer, TokenRequest } from '../ports.ts';
import { openNativeTokenizer } from './native-tokenizer.ts';
import { findTexts } from './parts.ts';
import type { PlainWords } from './plain-words.ts';
import { copyEncoding } from './rust-encoding.ts';
import { Slices } from './slices.ts';
import { truncate } from './truncate.ts';
import { divideIntoWindows } from './windows.ts';

/**
 * Opens the tokenizer of a package. It switches off the truncation and the padding of the library, because the engine does both.
 *
 * @throws EngineError PACKAGE_CORRUPT where a file does not parse or its vocabulary is not the model's.
 */
export async function createRustTokenizer(
  files: Pick<ModelPackage, 'path'>,
  model: Extract<TextProcessing, { readonly kind: 'tokenizer.json' }>,
): Promise<Tokenizer> {
  const { native, settings } = await openNativeTokenizer(files, model);
  const vocabSize = native.getVocabSize(true);
  if (vocabSize !== model.vocabSize) {
    throw new EngineError(
      'PACKAGE_CORRUPT',
      `The tokenizer has ${vocabSize} tokens, but the manifest says ${model.vocabSize}: it is not the tokenizer of this model. Package the model again.`,
    );
  }
  native.disableTruncation();
  native.disablePadding();
  const tokenizer = new RustTokenizer(native, settings);
  // Ids may have gaps, of which the model has embeddings nevertheless.
  if (model.padTokenId >= vocabSize && tokenizer.idToToken(model.padTokenId) === undefined) {
    throw new EngineError(
      'PACKAGE_CORRUPT',
      `The tokenizer has no token ${model.padTokenId}, with which the manifest says that texts are padded. Package the model again.`,
    );
  }
  return tokenizer;
}

/** The library takes ids as 32 bits, and without a word drops the others. */
const HIGHEST_ID = 2 ** 32 - 1;

const unknownSchema = z.object({ model: z.object({ unk_token: z.nullish(z.string()) }) });

/** Native encodings at once: a hundred keep every core busy, and thousands would take more memory than the model. */
const NATIVE_AT_ONCE = 128;

/** Single texts that the library reads before this thread does: a short-lived process has no use for another way. */
const SINGLE_TEXTS_FIRST = 16;

class RustTokenizer implements Tokenizer {
  readonly #native: NativeTokenizer;
  readonly #settings: unknown;
  #singleTexts = 0;
  #plainWords: PlainWords | undefined;

  constructor(native: NativeTokenizer, settings: unknown) {
    this.#native = native;
    this.#settings = settings;
  }

  async encode(requests: readonly TokenRequest[], options: EncodeOptions): Promise<Encoding[][]> {
    const plain = this.#encodePlain(requests, options);
    if (plain) return [[plain]];
    const encodings: Encoding[][] = [];
    for (let start = 0; start < requests.length; start += NATIVE_AT_ONCE) {
      encodings.push(...(await this.#encodeSome(requests.slice(start, start + NATIVE_AT_ONCE), options)));
    }
    return encodings;
  }

  /** The tokens of a single text, where it is one that this thread may read and nothing is wanted but its ids. */
  #encodePlain(
    [request, ...others]: readonly TokenRequest[],
    { alignment, maxTokens }: EncodeOptions,
  ): Encoding | undefined {
    if (!request || others.length > 0 || alignment || request.pair !== undefined || request.windows) {
      return undefined;
    }
    this.#singleTexts += 1;
    if (this.#singleTexts === SINGLE_TEXTS_FIRST) void this.#openPlainWords();
    const ids = this.#plainWords?.encode(request.text);
    if (!ids || ids.length > maxTokens) return undefined;
    return { ids, typeIds: ids.map(() => 0), untruncatedLength: ids.length };
  }

  async #openPlainWords(): Promise<void> {
    this.#plainWords = await openPlainWords(this.#native, this.#settings);
  }

  async #encodeSome(requests: readonly TokenRequest[], options: EncodeOptions): Promise<Encoding[][]> {
    const natives = await this.#encodeAll(requests);
    const encodings: Encoding[][] = [];
    const slices = new Slices();
    for (const [i, native] of natives.entries()) {
      encodings.push(await fitted(native, requests[i] ?? { text: '' }, options, slices));
    }
    return encodings;
  }

  /** Tokenizers that are not divided say nothing of their settings: the names are those of BERT's and of SentencePiece's. */
  get unknownId(): number | undefined {
    const { data } = unknownSchema.safeParse(this.#settings);
    const names = data ? [data.model.unk_token ?? ''] : ['[UNK]', '<unk>'];
    return names.map((name) => this.tokenToId(name)).find((id) => id !== undefined);
  }

  tokenToId(token: string): number | undefined {
    return this.#native.tokenToId(token) ?? undefined;
  }

  idToToken(id: number): string | undefined {
    return Number.isInteger(id) && id >= 0 && id <= HIGHEST_ID
      ? (this.#native.idToToken(id) ?? undefined)
      : undefined;
  }

  decode(ids: readonly number[], { skipSpecialTokens = false } = {}): Promise<string> {
    return this.#native.decode([...ids], skipSpecialTokens);
  }

  /** The native tokenizer is freed with the last reference to it. */
  dispose(): void {}

  async #encodeAll(requests: readonly TokenRequest[]): Promise<NativeEncoding[]> {
    const [only] = requests;
    if (only && requests.length === 1) return [await this.#native.encode(only.text, only.pair ?? null)];
    if (requests.every(({ pair }) => pair === undefined)) {
      return this.#native.encodeBatch(requests.map(({ text }) => text));
    }
    // The native encodeBatch declares pairs, but refuses them at run time.
    return Promise.all(requests.map(({ text, pair }) => this.#native.encode(text, pair ?? null)));
  }
}

/** A text with words, parts of words, marks and numbers. */
const PROBE = "Unbelievably, the fox's 3.14 jumps!";

/** Nothing where plain texts have other tokens, whatever the settings say. Never rejects. */
async function openPlainWords(native: NativeTokenizer, settings: unknown): Promise<PlainWords | undefined> {
  try {
    const { PlainWords } = await import('./plain-words.ts');
    const probe = await native.encode(PROBE, null);
    const [ids, mask] = [probe.getIds(), probe.getSpecialTokensMask()];
    const [start, end] = [mask.indexOf(0), mask.lastIndexOf(0) + 1];
    const around = { before: ids.slice(0, start), after: ids.slice(end) };
    const words = PlainWords.of(settings, native, around);
    const isSame = words?.encode(PROBE)?.join() === ids.join() && probe.getTypeIds().every((id) => id === 0);
    return isSame ? words : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The encoding within the limits, cut or divided. Texts are cut out from between their special tokens: cutting the
 * finished encoding at its end would lose the last [SEP]. The native `setTruncation` cannot make the windows, because
 * tokenizers 0.23.2 loses the end of a long text where it has a stride.
 */
async function fitted(
  native: NativeEncoding,
  request: TokenRequest,
  options: EncodeOptions,
  slices: Slices,
): Promise<Encoding[]> {
  const { maxTokens, alignment, truncationDirection: direction = 'right' } = options;
  const { windows } = request;
  const fits = native.getLength() <= maxTokens && !windows;
  const sequenceIds = fits && !alignment ? [] : native.getSequenceIds();
  const encoding = await copyEncoding(native, request, slices, alignment ? sequenceIds : undefined);
  if (fits) return [encoding];
  const parts = findTexts(sequenceIds);
  if (!windows) return [truncate(encoding, parts, maxTokens, direction)];
  const divided: Encoding[] = [];
  for (const window of divideIntoWindows(encoding, parts, windows, { maxTokens, direction })) {
    divided.push(window);
    await slices.giveWay();
  }
  return divided;
}
