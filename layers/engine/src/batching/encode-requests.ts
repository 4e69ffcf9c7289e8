/** Turns requests into encodings, whether they hold a text or the ids of its tokens. */
import type { EncodeOptions, Encoding, Tokenizer, TokenRequest } from '../ports.ts';

/** Gives the windows of each request, in order. A request that holds ids has one, without alignment. */
export async function encodeRequests(
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
