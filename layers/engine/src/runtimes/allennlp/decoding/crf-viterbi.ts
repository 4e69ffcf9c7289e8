/**
 * Viterbi's algorithm as `ConditionalRandomField.viterbi_tags` of AllenNLP has it: in float32, with -10000 where a transition is
 * forbidden, and with the k best paths.
 */
import { at } from '../../../math/activations.ts';

/** A sequence of tags and its score: the sum of its logits and transitions. */
export interface ScoredPath {
  readonly tags: readonly number[];
  readonly score: number;
}

/** What AllenNLP writes for a tag or a transition that cannot be. */
const FORBIDDEN = -10000;

/** Decodes sequences one after another in buffers of its own, which grow to the longest. */
export class CrfViterbi {
  readonly #tags: number;
  readonly #states: number;
  readonly #topK: number;
  /** `[to, from]`: what a step reads lies side by side. */
  readonly #transitions: Float32Array;
  #scores: Float32Array;
  #next: Float32Array;
  /** `[steps, topK, states]`: where the best paths to a state come from, as an index of `[topK, states]` of the step before. */
  #from = new Int32Array(0);

  /**
   * `transitions` gives those from a tag, constraints applied: `[tags + 2]`, the last two of which are the start and the end.
   */
  constructor(transitions: (from: number) => Float32Array, tags: number, topK: number) {
    const states = tags + 2;
    this.#tags = tags;
    this.#states = states;
    this.#topK = topK;
    this.#transitions = new Float32Array(states * states);
    for (let from = 0; from < states; from++) {
      const row = transitions(from);
      for (let to = 0; to < states; to++) this.#transitions[to * states + from] = at(row, to);
    }
    this.#scores = new Float32Array(topK * states);
    this.#next = new Float32Array(topK * states);
  }

  /**
   * The best paths, best first: as many as there are, at most `topK`. Of `logits` `[tokens, tags]`, the tokens are decoded for which
   * `mask` `[tokens]` is not 0.
   */
  decode(logits: Float32Array, mask: Float32Array): ScoredPath[] {
    const states = this.#states;
    const most = (mask.length + 1) * this.#topK * states;
    if (this.#from.length < most) this.#from = new Int32Array(most);
    this.#scores.fill(FORBIDDEN, 0, states);
    this.#scores[this.#tags] = 0;
    let paths = 1;
    let step = 0;
    for (let token = 0; token < mask.length; token++) {
      if (at(mask, token) === 0) continue;
      paths = this.#advance(paths, step++);
      this.#add(logits, token * this.#tags, paths);
    }
    paths = this.#advance(paths, step++);
    this.#add(undefined, 0, paths);
    return this.#trace(paths, step);
  }

  /** Finds the best ways to every state, and gives how many ways there are. */
  #advance(paths: number, step: number): number {
    const states = this.#states;
    if (this.#topK === 1) {
      for (let to = 0; to < states; to++) this.#findBest(to, step * states + to);
      return 1;
    }
    const kept = Math.min(paths * states, this.#topK);
    for (let to = 0; to < states; to++) this.#findBests(to, paths, kept, step * this.#topK * states);
    return kept;
  }

  #findBest(to: number, pointer: number): void {
    const states = this.#states;
    const scores = this.#scores;
    const transitions = this.#transitions;
    const row = to * states;
    let best = Number.NEGATIVE_INFINITY;
    let from = 0;
    for (let state = 0; state < states; state++) {
      // Indexed here and not by a function that reads arrays of every kind, which takes three times as long.
      const score = Math.fround((scores[state] ?? Number.NaN) + (transitions[row + state] ?? Number.NaN));
      if (score > best) {
        best = score;
        from = state;
      }
    }
    this.#next[to] = best;
    this.#from[pointer] = from;
  }

  /** Keeps the best in order, as an insertion sort that drops the worst. */
  #findBests(to: number, paths: number, kept: number, pointers: number): void {
    const states = this.#states;
    let found = 0;
    for (let from = 0; from < paths * states; from++) {
      const score = Math.fround(
        at(this.#scores, from) + at(this.#transitions, to * states + (from % states)),
      );
      if (found === kept && score <= at(this.#next, (kept - 1) * states + to)) continue;
      let rank = found < kept ? found++ : kept - 1;
      for (; rank > 0 && score > at(this.#next, (rank - 1) * states + to); rank--) {
        this.#next[rank * states + to] = at(this.#next, (rank - 1) * states + to);
        this.#from[pointers + rank * states + to] = at(this.#from, pointers + (rank - 1) * states + to);
      }
      this.#next[rank * states + to] = score;
      this.#from[pointers + rank * states + to] = from;
    }
  }

  /** Adds the logits of a token; without them, those of the end of the sequence. */
  #add(logits: Float32Array | undefined, start: number, paths: number): void {
    const states = this.#states;
    for (let path = 0; path < paths; path++) {
      for (let state = 0; state < states; state++) {
        const index = path * states + state;
        this.#next[index] = at(this.#next, index) + this.#logit(logits, start, state);
      }
    }
    [this.#scores, this.#next] = [this.#next, this.#scores];
  }

  #logit(logits: Float32Array | undefined, start: number, state: number): number {
    if (logits) return state < this.#tags ? at(logits, start + state) : FORBIDDEN;
    return state === this.#tags + 1 ? 0 : FORBIDDEN;
  }

  #trace(paths: number, steps: number): ScoredPath[] {
    const states = this.#states;
    const stride = this.#topK * states;
    const ends = this.#bestEnds(paths * states);
    const found = ends.map((end) => {
      const tags: number[] = [];
      let index = end;
      for (let step = steps - 1; step > 0; step--) {
        index = at(this.#from, step * stride + index);
        tags.push(index % states);
      }
      return { tags: tags.reverse(), score: at(this.#scores, end) };
    });
    // Where fewer sequences than `topK` are possible, some of the others go through the start or the end; AllenNLP fails on them.
    return found.filter(({ tags }) => tags.every((tag) => tag < this.#tags));
  }

  /** The states with the best scores at the end, best first; of equal ones the first. */
  #bestEnds(count: number): number[] {
    const ends: number[] = [];
    while (ends.length < Math.min(count, this.#topK)) {
      let best = -1;
      for (let state = 0; state < count; state++) {
        if (best >= 0 && at(this.#scores, state) <= at(this.#scores, best)) continue;
        if (!ends.includes(state)) best = state;
      }
      ends.push(best);
    }
    return ends;
  }
}
