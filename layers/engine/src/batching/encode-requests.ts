/** Turns requests into encodings, whether they hold a text or the ids of its tokens. */

import type { EncodeOptions, Encoding, Tokenizer, TokenRequest } from '../ports.ts';
import { countCharacters, estimateTokens } from './estimate-tokens.ts';
import { refuseEstimate, refuseMoreToCut, type TokenLimits } from './token-limits.ts';

/** Characters that the tokenizer is given at once: it cannot be stopped before it has read them all. */
const CHARACTERS_AT_ONCE = 131_072;
/** The beginning of a long text, which has more tokens than it may have where a character is a token. */
const BEGINNING = 40_000;
/** Tokens that the end of the beginning may have more than the same characters within the whole text. */
const MARGIN = 64;

interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly limits?: TokenLimits | undefined;
  /** Tokens above which a request is refused, however many more there are. */
  most(request: TokenRequest): number;
  /** Is given the windows of one request after the other, and throws where the call is to end. */
  take(windows: readonly Encoding[], request: number): void;
}

/**
 * Encodes the requests in order. Between two groups of them it is looked whether somebody still waits, and how many tokens there
 * were. Of a text whose beginning has too many tokens, the rest is not read, and of a call that has far too many, only pieces are.
 *
 * @throws EngineError TOO_MANY_TOKENS, the reason of an aborted signal, and what `take` throws
 */
export async function encodeInGroups(
  tokenizer: Tokenizer,
  requests: readonly TokenRequest[],
  options: EncodeOptions,
  { signal, limits = {}, most, take }: Call,
): Promise<void> {
  const { maxCallTokens } = limits;
  if (maxCallTokens !== undefined && countCharacters(requests) > maxCallTokens) {
    const texts = requests.filter(({ ids }) => ids === undefined);
    // A single text has an error of its own, which names it.
    const areCut = texts.length === 1 || texts.some((request) => most(request) === Number.POSITIVE_INFINITY);
    refuseEstimate(await estimateTokens(tokenizer, texts, options), limits, { areCut });
  }
  let done = 0;
  let tokens = 0;
  for (const group of divideByCharacters(requests)) {
    signal?.throwIfAborted();
    const beginnings = await Promise.all(
      group.map((request) => encodeBeginning(tokenizer, request, options, most(request))),
    );
    const others = group.filter((_, index) => beginnings[index] === undefined);
    const encoded = others.length > 0 ? await encodeRequests(tokenizer, others, options) : [];
    let next = 0;
    for (const beginning of beginnings) {
      const windows = beginning ? [beginning] : (encoded[next++] ?? []);
      tokens += windows[0]?.untruncatedLength ?? 0;
      take(windows, done);
      done += 1;
    }
    refuseMoreToCut(tokens, limits);
  }
}

/** Gives the encoding of the beginning where that alone has too many tokens. */
async function encodeBeginning(
  tokenizer: Tokenizer,
  { text, pair }: TokenRequest,
  options: EncodeOptions,
  most: number,
): Promise<Encoding | undefined> {
  if (most === Number.POSITIVE_INFINITY || text.length + (pair?.length ?? 0) < 2 * BEGINNING)
    return undefined;
  const beginning = { text: text.slice(0, BEGINNING), pair: pair?.slice(0, BEGINNING) };
  const [[encoding] = []] = await tokenizer.encode([beginning], options);
  return encoding && encoding.untruncatedLength > most + MARGIN
    ? { ...encoding, isBeginning: true }
    : undefined;
}

function* divideByCharacters(requests: readonly TokenRequest[]): Generator<readonly TokenRequest[]> {
  let start = 0;
  let characters = 0;
  for (const [index, { text, pair = '' }] of requests.entries()) {
    const own = text.length + pair.length;
    if (index > start && characters + own > CHARACTERS_AT_ONCE) {
      yield requests.slice(start, index);
      [start, characters] = [index, 0];
    }
    characters += own;
  }
  yield requests.slice(start);
}

/** A request that holds ids has one encoding, without alignment. */
async function encodeRequests(
  tokenizer: Tokenizer,
  requests: readonly TokenRequest[],
  options: EncodeOptions,
): Promise<Encoding[][]> {
  const texts = requests.filter(({ ids }) => ids === undefined);
  if (texts.length === requests.length) return tokenizer.encode(requests, options);
  const encoded = texts.length > 0 ? await tokenizer.encode(texts, options) : [];
  const around = await readSpecialTokens(tokenizer);
  let next = 0;
  return requests.map(({ ids, idsAreWhole }) =>
    ids ? [encodeIds(ids, idsAreWhole ? NOTHING : around, options)] : (encoded[next++] ?? []),
  );
}

/** The ids that the tokenizer puts before and after a text. */
interface SpecialTokens {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NOTHING: SpecialTokens = { before: [], after: [] };

async function readSpecialTokens(tokenizer: Tokenizer): Promise<SpecialTokens> {
  const options = { maxTokens: Number.MAX_SAFE_INTEGER, alignment: true };
  const [[encoding] = []] = await tokenizer.encode([{ text: 'a' }], options);
  const { ids = [], alignment } = encoding ?? {};
  const isOwn = (mask: number): boolean => mask === 0;
  const mask = alignment?.specialTokensMask ?? [];
  return { before: ids.slice(0, mask.findIndex(isOwn)), after: ids.slice(mask.findLastIndex(isOwn) + 1) };
}

/** Special tokens stand around the ids once, whether they came with them or not; a cut takes the text's own. */
function encodeIds(
  ids: readonly number[],
  { before, after }: SpecialTokens,
  { maxTokens, truncationDirection = 'right' }: EncodeOptions,
): Encoding {
  const start = before.every((id, i) => ids[i] === id) ? before.length : 0;
  const end = after.every((id, i) => ids.at(i - after.length) === id)
    ? ids.length - after.length
    : ids.length;
  const own = ids.slice(start, Math.max(start, end));
  const room = Math.max(maxTokens - before.length - after.length, 0);
  const kept =
    truncationDirection === 'right' ? own.slice(0, room) : own.slice(Math.max(own.length - room, 0));
  const all = [...before, ...kept, ...after];
  return {
    ids: all,
    typeIds: all.map(() => 0),
    untruncatedLength: before.length + own.length + after.length,
  };
}
