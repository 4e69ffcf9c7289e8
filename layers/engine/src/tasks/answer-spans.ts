/** The spans of tokens that answer best, over all windows of a context. */
import { at } from '../math/activations.ts';
import { Heap } from '../math/heap.ts';

/** Scores of the tokens of one window for being the first and the last of the answer, `[tokens]` each. */
export interface EdgeScores {
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}

/** From token `start` to token `end` of a window, both inclusive. Its score is the sum of those of its edges. */
export interface TokenSpan {
  readonly window: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** The best span that ends at a token and starts in a range: the others of the range are worse. */
interface Candidate extends TokenSpan {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Gives every span of at most `maxLength` tokens, the best first, equals in any order. The first costs O(n) over n tokens,
 * whatever the length is: the best start for each end comes out of a sliding maximum. Each further one costs
 * O(maxLength + log n): of the starts that the last span's end had, those before and after its own are looked through.
 */
export function* spansByScore(windows: readonly EdgeScores[], maxLength: number): Generator<TokenSpan> {
  const heap = new Heap<Candidate>(
    windows.flatMap((edges, window) => bestForEachEnd(edges, window, maxLength)),
  );
  for (let best = heap.pop(); best; best = heap.pop()) {
    const { window, start, end, score, lowest, highest } = best;
    yield { window, start, end, score };
    const edges = windows[window];
    if (!edges) continue;
    if (start > lowest) heap.push(findBest(edges, window, end, lowest, start - 1));
    if (start < highest) heap.push(findBest(edges, window, end, start + 1, highest));
  }
}

/** A queue of starts whose scores fall: its head is the best of the last `maxLength` tokens. */
function bestForEachEnd({ starts, ends }: EdgeScores, window: number, maxLength: number): Candidate[] {
  const queue = new Int32Array(starts.length);
  let [head, tail] = [0, 0];
  return Array.from(ends, (endScore, end): Candidate => {
    while (tail > head && at(starts, at(queue, tail - 1)) < at(starts, end)) tail -= 1;
    queue[tail] = end;
    tail += 1;
    const lowest = Math.max(end - maxLength + 1, 0);
    while (at(queue, head) < lowest) head += 1;
    const start = at(queue, head);
    return { window, start, end, score: at(starts, start) + endScore, lowest, highest: end };
  });
}

function findBest(
  { starts, ends }: EdgeScores,
  window: number,
  end: number,
  lowest: number,
  highest: number,
): Candidate {
  let start = lowest;
  for (let i = lowest + 1; i <= highest; i++) if (at(starts, i) > at(starts, start)) start = i;
  return { window, start, end, score: at(starts, start) + at(ends, end), lowest, highest };
}
