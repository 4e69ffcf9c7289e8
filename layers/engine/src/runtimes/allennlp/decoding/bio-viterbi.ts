/**
 * Viterbi's algorithm over probabilities, as `viterbi_decode` of AllenNLP's nn/util.py does it for semantic roles: they are summed, and a
 * tag `I-x` stands only behind `B-x` or `I-x`.
 */
import { at } from '../../../math/activations.ts';
import { torchArgTop } from '../../../math/torch-topk.ts';

/**
 * The score with which AllenNLP makes sure that a sequence starts at its start. Beside it, float32 keeps less than two decimal
 * places of the probabilities: many sums are equal, and which of them wins is decided as torch does.
 */
const OBSERVED = 100000;

/** Decodes sequences one after another in buffers of its own, which grow to the longest. */
export class BioViterbi {
  readonly #labels: number;
  /** `[to, from]` over labels, start and end: 0, or -Infinity where it is forbidden. */
  readonly #transitions: Float32Array;
  readonly #order: Int32Array;
  readonly #sums: Float32Array;
  #scores: Float32Array;
  #next: Float32Array;
  #from = new Int32Array(0);

  constructor(labels: readonly string[]) {
    const states = labels.length + 2;
    this.#labels = labels.length;
    this.#transitions = bioTransitions(labels);
    this.#order = new Int32Array(states);
    this.#sums = new Float32Array(states);
    this.#scores = new Float32Array(states);
    this.#next = new Float32Array(states);
  }

  /** The labels of a sequence; `probabilities` holds `[tokens, labels]` from `start` on. */
  decode(probabilities: Float32Array, start: number, tokens: number): number[] {
    const states = this.#labels + 2;
    if (this.#from.length < tokens * states) this.#from = new Int32Array(tokens * states);
    this.#scores.fill(0);
    this.#scores[this.#labels] = OBSERVED;
    for (let token = 0; token < tokens; token++) {
      const row = start + token * this.#labels;
      for (let to = 0; to < states; to++) {
        const from = this.#best(to);
        this.#from[token * states + to] = from;
        const probability = to < this.#labels ? at(probabilities, row + to) : Number.NEGATIVE_INFINITY;
        this.#next[to] = at(this.#sums, from) + probability;
      }
      [this.#scores, this.#next] = [this.#next, this.#scores];
    }
    const path: number[] = [];
    let state = this.#best(this.#labels + 1);
    for (let token = tokens - 1; token >= 0; token--) {
      path.push(state);
      state = at(this.#from, token * states + state);
    }
    return path.reverse();
  }

  #best(to: number): number {
    const states = this.#labels + 2;
    for (let from = 0; from < states; from++) {
      this.#sums[from] = at(this.#scores, from) + at(this.#transitions, to * states + from);
    }
    return torchArgTop(this.#sums, states, this.#order);
  }
}

function bioTransitions(labels: readonly string[]): Float32Array {
  const states = labels.length + 2;
  const start = labels.length;
  const transitions = new Float32Array(states * states);
  for (let to = 0; to < states; to++) {
    for (let from = 0; from < states; from++) {
      const isForbidden =
        to === start ||
        from === start + 1 ||
        (to === start + 1 ? from >= start : isBroken(from === start ? undefined : labels[from], labels[to]));
      if (isForbidden) transitions[to * states + from] = Number.NEGATIVE_INFINITY;
    }
  }
  return transitions;
}

/** Whether a label goes on with a span that the one before it, or the start, has not begun. */
function isBroken(before: string | undefined, label = ''): boolean {
  return label.startsWith('I') && before !== label && before !== `B${label.slice(1)}`;
}
