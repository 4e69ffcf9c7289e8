/** The tokenizer port on the official Rust tokenizers: the very code that the models were trained with. */
import { type Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from 'tokenizers';
import { EngineError } from '../errors.ts';
import type { TextProcessing } from '../manifest.ts';
import type { EncodeOptions, Encoding, Tokenizer, TokenRequest } from '../ports.ts';
import { encodingOf } from './rust-encoding.ts';

/**
 * Opens a tokenizer.json. Its own truncation and padding are switched off: both are the engine's.
 *
 * @throws EngineError PACKAGE_CORRUPT where the file does not parse or its vocabulary is not the model's.
 */
export async function createRustTokenizer(file: string, model: TextProcessing): Promise<Tokenizer> {
  const native = parse(file);
  const vocabSize = native.getVocabSize(true);
  if (vocabSize !== model.vocabSize) {
    throw new EngineError(
      'PACKAGE_CORRUPT',
      `The tokenizer has ${vocabSize} tokens, but the manifest says ${model.vocabSize}: it is not the tokenizer of this model. Package the model again.`,
    );
  }
  native.disableTruncation();
  native.disablePadding();
  return new RustTokenizer(native);
}

function parse(file: string): NativeTokenizer {
  try {
    return NativeTokenizer.fromFile(file);
  } catch (cause) {
    throw new EngineError('PACKAGE_CORRUPT', 'The tokenizer.json does not parse. Package the model again.', {
      cause,
    });
  }
}

/** Native encodings at once: a hundred keep every core busy, and thousands would take more memory than the model. */
const NATIVE_AT_ONCE = 128;

class RustTokenizer implements Tokenizer {
  readonly #native: NativeTokenizer;

  constructor(native: NativeTokenizer) {
    this.#native = native;
  }

  async encode(requests: readonly TokenRequest[], options: EncodeOptions): Promise<Encoding[][]> {
    const encodings: Encoding[][] = [];
    for (let start = 0; start < requests.length; start += NATIVE_AT_ONCE) {
      encodings.push(...(await this.#encodeSome(requests.slice(start, start + NATIVE_AT_ONCE), options)));
    }
    return encodings;
  }

  async #encodeSome(requests: readonly TokenRequest[], options: EncodeOptions): Promise<Encoding[][]> {
    const natives = await this.#encodeAll(requests);
    return Promise.all(
      natives.map(async (native, i) => {
        const request = requests[i] ?? { text: '' };
        const length = native.getLength();
        const cut =
          length > options.maxTokens ? await this.#truncate(request, length, options.maxTokens) : native;
        return [encodingOf(cut, request, length, options.alignment)];
      }),
    );
  }

  idOf(token: string): number | undefined {
    return this.#native.tokenToId(token) ?? undefined;
  }

  tokenOf(id: number): string | undefined {
    return this.#native.idToToken(id) ?? undefined;
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

  /** Cuts the texts, then adds the special tokens: cutting the finished encoding would lose its last [SEP]. */
  async #truncate({ text, pair }: TokenRequest, length: number, maxTokens: number): Promise<NativeEncoding> {
    const bare = { addSpecialTokens: false };
    const first = await this.#native.encode(text, null, bare);
    const second = pair === undefined ? null : await this.#native.encode(pair, null, bare);
    const specials = length - first.getLength() - (second?.getLength() ?? 0);
    const [keepFirst, keepSecond] = shareLongestFirst(
      first.getLength(),
      second?.getLength() ?? 0,
      Math.max(maxTokens - specials, 0),
    );
    first.truncate(keepFirst, 0, 'right');
    second?.truncate(keepSecond, 0, 'right');
    return this.#native.postProcess(first, second, true);
  }
}

/** How many tokens of each text to keep when the longer one is cut first, token by token ("longest first"). */
export function shareLongestFirst(first: number, second: number, budget: number): [number, number] {
  if (first + second <= budget) return [first, second];
  const half = Math.floor(budget / 2);
  if (second <= half) return [budget - second, second];
  if (first <= budget - half) return [first, budget - first];
  return [budget - half, half];
}
