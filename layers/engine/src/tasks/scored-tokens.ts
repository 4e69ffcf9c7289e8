/** The tokens of a text with the scores of their labels, out of one window or of many that overlap. */
import { EngineError } from '@pilotlight/model-format/errors';
import { softmax } from '../math/activations.ts';
import type { GiveWay, TokenResult } from '../ports.ts';
import type { ScoredToken } from './entities.ts';
import { finiteData, requireAlignment } from './output.ts';

/**
 * Gives each token once, without the special ones. A token that two windows have is taken from the one in which it has more
 * context, as BERT's reading of long documents does it: windows change in the middle of their overlap. Tokens are joined and
 * not spans, so that no span is cut in two where a window ends.
 */
export async function scoredTokens(
  windows: readonly TokenResult[],
  labels: readonly string[],
  giveWay: GiveWay,
): Promise<ScoredToken[]> {
  const places = windows.map(findPlace);
  const tokens: ScoredToken[] = [];
  for (const [i, place] of places.entries()) {
    const from = border(places[i - 1], place) ?? place.from;
    const to = border(place, places[i + 1]) ?? place.to;
    const read = tokenReader(place, labels);
    for (let token = from; token < to; token++) {
      if (token % AT_ONCE === 0) await giveWay();
      tokens.push(read(token));
    }
  }
  return tokens;
}

/** Tokens that are read before it is looked at the time. */
const AT_ONCE = 16;

/** Where a window lies among the tokens of the whole text, special ones left out. */
interface Place {
  readonly window: TokenResult;
  readonly from: number;
  readonly to: number;
  /** Special tokens before the first of the text. */
  readonly before: number;
}

function findPlace(window: TokenResult): Place {
  const { specialTokensMask } = requireAlignment(window.encoding);
  const from = window.encoding.windowStart ?? 0;
  const before = Math.max(specialTokensMask.indexOf(0), 0);
  return { window, from, to: from + specialTokensMask.lastIndexOf(0) + 1 - before, before };
}

function border(left: Place | undefined, right: Place | undefined): number | undefined {
  return left && right && Math.ceil((left.to + right.from) / 2);
}

/** Reads tokens of a window by their index in the whole text. */
function tokenReader(
  { window, from, before }: Place,
  labels: readonly string[],
): (index: number) => ScoredToken {
  const logits = finiteData(window, 'logits');
  const { ids } = window.encoding;
  if (logits.length !== ids.length * labels.length) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `The model gave ${logits.length / ids.length} logits for each token, but its manifest has ${labels.length} labels.`,
    );
  }
  const { spans, wordIds, tokens } = requireAlignment(window.encoding);
  return (token) => {
    const row = token - from + before;
    const [start, end] = spans[row] ?? [0, 0];
    return {
      index: token + before,
      token: tokens[row] ?? '',
      word: wordIds[row] ?? null,
      start,
      end,
      scores: softmax(logits.subarray(row * labels.length, (row + 1) * labels.length)),
    };
  };
}
