/** Turns requests into encodings, whether they hold a text or the ids of its tokens. */

import type { EncodeOptions, Encoding, Tokenizer, TokenRequest } from '../ports.ts';
import { refuseMoreToCut, type TokenLimits } from './token-limits.ts';

/** Characters that the tokenizer is given at once: it cannot be stopped before it has read them all. */
const CHARACTERS_AT_ONCE = 131_072;

interface CallLimits {
  readonly signal: AbortSignal | undefined;
  readonly limits: TokenLimits | undefined;
}

/**
 * Gives the windows of each request, in order. Between two groups of requests it is looked whether somebody still waits, and
 * how many tokens there were.
 *
 * @throws EngineError TOO_MANY_TOKENS, and the reason of an aborted signal
 */
export async function encodeInGroups(
  tokenizer: Tokenizer,
  requests: readonly TokenRequest[],
  options: EncodeOptions,
  { signal, limits = {} }: CallLimits,
): Promise<Encoding[][]> {
  const encoded: Encoding[][] = [];
  let tokens = 0;
  for (const group of divideByCharacters(requests)) {
    signal?.throwIfAborted();
    for (const windows of await encodeRequests(tokenizer, group, options)) {
      encoded.push(windows);
      tokens += windows[0]?.untruncatedLength ?? 0;
    }
    refuseMoreToCut(tokens, limits);
  }
  return encoded;
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
  return requests.map(({ ids }) => (ids ? [encodeIds(ids, around, options)] : (encoded[next++] ?? [])));
}

/** The ids that the tokenizer puts before and after a text. */
interface SpecialTokens {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

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
