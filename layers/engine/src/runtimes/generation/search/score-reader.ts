/**
 * What a search asks of each step, and what its rows are worth once the processors have seen them.
 *
 * Whole logits cost a copy of the vocabulary for each row, so they are asked for only where nothing less does. Where scores are
 * normalised after the processors, and all of these add, the graph adds for them (`bias`). Where they are not, as in beam search,
 * the best classes are asked for and as many more as processors can push down.
 */
import { BiasRows, isDeadEnd } from './bias-rows.ts';
import { type Choices, logSumExp } from './choices.ts';
import { type Edit, editAll, editListed, isAddition, lowers, touchedClasses } from './edits.ts';
import type { Processor } from './processor.ts';
import { createProcessors } from './processors.ts';
import { TOP_H_CLASSES } from './remaining.ts';
import type { Asks, StepRows } from './search.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';
import { warp } from './warpers.ts';

/** Above so many classes of a row, reading all of them is cheaper. */
const MOST_LISTED = 1024;
/** top_k leaves classes that are equal to its last: so many more are looked at. */
const EQUALS = 8;

/** Where the scores of a step come from: `forced` needs none of it. */
type Way = 'forced' | 'listed' | 'added' | 'whole';

const WHOLE: Asks = { top: 0, logits: true };

export class ScoreReader {
  readonly #options: SearchOptions;
  readonly #context: SearchContext;
  readonly #processors: readonly Processor[];
  /** Scores are log probabilities before the processors see them. */
  readonly #beams: boolean;
  /** Log probabilities are what comes out of processors, without more. */
  readonly #normalised: boolean;
  /** Classes of a row that the search needs after the processors. */
  readonly #needed: number;
  readonly #leastKept: number;
  readonly #bias = new BiasRows();
  #edits: readonly (readonly Edit[])[] = [];
  #way: Way = 'listed';
  #top = 0;

  /** `needed` is the number of best classes of a row that the search compares. */
  constructor(options: SearchOptions, context: SearchContext, needed: number) {
    this.#options = options;
    this.#context = context;
    this.#processors = createProcessors(options, context);
    this.#beams = options.numBeams > 1;
    this.#normalised = !this.#beams || options.renormalize;
    this.#leastKept = this.#beams ? new Set(options.eos).size + 1 : 1;
    this.#needed = Math.max(needed, options.topTokens, this.#sampled());
  }

  /** Classes that warpers look at. */
  #sampled(): number {
    const { sampling } = this.#options;
    if (sampling === undefined) return 1;
    if (sampling.topH > 0) return TOP_H_CLASSES;
    return sampling.topK > 0 ? Math.max(sampling.topK, this.#leastKept) + EQUALS : Number.POSITIVE_INFINITY;
  }

  /** Finds what the next step must give. `rows` are the new ids of each of its rows. */
  plan(rows: readonly (readonly number[])[]): Asks {
    const { prompt, vocabSize } = this.#context;
    this.#edits = rows.map((added) => {
      if (this.#processors.length === 0) return [];
      const row = { added, ids: [...prompt, ...added] };
      return afterForced(this.#processors.flatMap((processor) => processor(row)));
    });
    const edits = this.#edits.flat();
    const more = Math.max(0, ...this.#edits.map((each) => touchedClasses(each).size));
    this.#way = this.#choose(edits, more);
    if (this.#way === 'whole') return WHOLE;
    const needed = this.#way === 'listed' ? this.#needed + more : this.#needed;
    this.#top = this.#way === 'forced' ? 1 : Math.min(vocabSize, needed);
    if (this.#way !== 'added') return { top: this.#top };
    const bias = this.#bias.write(this.#edits, vocabSize);
    if (bias) return { top: this.#top, bias };
    this.#way = 'whole';
    return WHOLE;
  }

  #choose(edits: readonly Edit[], more: number): Way {
    if (this.#edits.every(([first]) => first?.kind === 'only')) return 'forced';
    if (this.#needed > MOST_LISTED) return 'whole';
    if (edits.length === 0) return 'listed';
    if (this.#normalised) return edits.every(isAddition) ? 'added' : 'whole';
    return edits.every(lowers) && this.#needed + more <= MOST_LISTED ? 'listed' : 'whole';
  }

  /** The choices of one row, as processors and warpers leave them; none where nothing may come. */
  read(step: StepRows, row: number): Choices {
    const processed = this.#processed(step, row, this.#edits[row] ?? []);
    const { sampling } = this.#options;
    const choices = sampling === undefined ? processed : warp(processed, sampling, this.#leastKept);
    return this.#normalised ? choices : { ...choices, logSum: 0 };
  }

  #processed(step: StepRows, row: number, edits: readonly Edit[]): Choices {
    if (this.#way === 'whole') return this.#whole(step, row, edits);
    const [first] = edits;
    if (first?.kind === 'only') {
      const scores = new Float32Array(first.ids.length);
      editListed(first.ids, scores, edits.slice(1));
      return { classes: first.ids, scores, logSum: logSumExp(scores) };
    }
    const start = row * step.count;
    const end = start + Math.min(step.count, this.#top);
    const [classes, scores] = [step.classes.slice(start, end), step.scores.slice(start, end)];
    if (this.#way === 'listed') editListed(classes, scores, edits);
    // The graph has normalised these over the whole vocabulary.
    return { classes, scores, logSum: 0 };
  }

  #whole(step: StepRows, row: number, edits: readonly Edit[]): Choices {
    const { vocabSize } = this.#context;
    if (!step.logits) throw new RangeError('The step has no logits, which the search asked for.');
    const logits = step.logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    const logSum = this.#beams ? logSumExp(logits) : 0;
    const scores = less(logits, logSum);
    editAll(scores, edits);
    const masks = edits.filter(({ kind }) => kind === 'mask');
    if (masks.length > 0 && isDeadEnd(scores)) {
      scores.set(less(logits, logSum));
      editAll(scores, masks);
    }
    return { scores, logSum: logSumExp(scores) };
  }
}

function less(scores: Float32Array, amount: number): Float32Array {
  const lower = new Float32Array(scores.length);
  for (let id = 0; id < scores.length; id++) lower[id] = (scores[id] ?? Number.NaN) - amount;
  return lower;
}

/** What comes before a token is forced is of no account. */
function afterForced(edits: readonly Edit[]): readonly Edit[] {
  const forced = edits.findLastIndex(({ kind }) => kind === 'only');
  return forced < 0 ? edits : edits.slice(forced);
}
