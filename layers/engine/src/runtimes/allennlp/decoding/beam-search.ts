/**
 * Beam search as AllenNLP's `BeamSearch` does it, over a step that somebody else takes: a graph, or a function in a test. All beams
 * of all inputs of a batch go into one call of the step; an input whose beams have all ended leaves the batch. Scores are summed in
 * float32, as torch does, because near ties are decided by their last bits.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import { at } from '../../../math/activations.ts';
import { topIndices } from '../../../math/top-indices.ts';
import { addBest, addEnded, type Choices, LOWEST, repeatsOf } from './beam-candidates.ts';
import type { Candidates, Step } from './beam-step.ts';

export type { Candidates, Step, StepCall } from './beam-step.ts';

/** What a search goes by. */
export interface BeamSettings {
  /** The class that ends a sequence. */
  readonly endIndex: number;
  /** The longest sequence, its end included. */
  readonly maxSteps: number;
  readonly beamSize: number;
  /** Classes that are looked at for each beam. */
  readonly perNodeBeamSize: number;
  /** Classes that a sequence has at least before its end. */
  readonly minSteps: number;
  /** A sequence scores its log probability over its length to this power. @default - its log probability */
  readonly lengthPenalty?: number | undefined;
  /** Lengths of n-grams that no sequence has twice. @default - sequences may repeat themselves */
  readonly unrepeated?: readonly number[] | undefined;
}

/** The sequences of one input: the best first, each as long as the longest and filled up with the end. */
export interface BeamResult {
  /** `[beams, steps]` */
  readonly predictions: readonly (readonly number[])[];
  /** `[beams]` */
  readonly scores: readonly number[];
}

/**
 * Searches the most probable sequences of each input, of which `starts` has the classes that they begin from. Every input has the
 * result that it has alone.
 *
 * @throws EngineError PACKAGE_INVALID where the model has fewer classes than the beams need
 */
export async function beamSearch(
  starts: readonly number[],
  settings: BeamSettings,
  step: Step,
): Promise<readonly BeamResult[]> {
  const searches = starts.map(() => new Search(settings));
  let active = starts.map((_, index) => index);
  let parents: number[] | undefined;
  let last: readonly number[] = starts;
  for (let taken = 0; taken < settings.maxSteps && active.length > 0; taken++) {
    const beams = taken === 0 ? 1 : settings.beamSize;
    const needed = taken === 0 ? settings.beamSize : settings.perNodeBeamSize;
    const blocked = active.map((index) => searches[index]?.blocked() ?? []);
    const top = needed + blocked.flat().reduce((most, classes) => Math.max(most, classes.size), 0);
    const candidates = await step({ step: taken, inputs: active, beams, last, parents, top });
    if (candidates.count < needed) throw tooFewClasses(candidates.count, needed);
    for (const [place, index] of active.entries()) {
      searches[index]?.advance(candidates, place * beams, blocked[place] ?? []);
    }
    const places = active.flatMap((index, place) => (searches[index]?.ended ? [] : [place]));
    parents = places.flatMap((place) =>
      (searches[active[place] ?? -1]?.parents ?? []).map((parent) => place * beams + parent),
    );
    active = places.map((place) => active[place] ?? -1);
    last = active.flatMap((index) => searches[index]?.last ?? []);
  }
  return searches.map((search) => search.result());
}

const NOTHING: ReadonlySet<number> = new Set();

/** The beams of one input. */
class Search {
  readonly #settings: BeamSettings;
  /** `[beams]`, the sequences so far; one without a class before the first step. */
  #sequences: readonly (readonly number[])[] = [[]];
  /** `[beams]`, sums of log probabilities. */
  #scores: readonly number[] = [0];
  #parents: readonly number[] = [];

  constructor(settings: BeamSettings) {
    this.#settings = settings;
  }

  get parents(): readonly number[] {
    return this.#parents;
  }

  get last(): readonly number[] {
    return this.#sequences.map((sequence) => sequence.at(-1) ?? -1);
  }

  get ended(): boolean {
    return this.last.every((last) => last === this.#settings.endIndex);
  }

  /** `[beams]`, the classes that each must not go on with. */
  blocked(): readonly ReadonlySet<number>[] {
    const { endIndex, minSteps, unrepeated = [] } = this.#settings;
    return this.#sequences.map((sequence) => {
      const isFree = unrepeated.length === 0 && sequence.length >= minSteps;
      if (isFree || sequence.at(-1) === endIndex) return NOTHING;
      const classes = repeatsOf(sequence, unrepeated);
      return sequence.length < minSteps ? classes.add(endIndex) : classes;
    });
  }

  /** Goes on with the best of the candidates of its rows, which begin at `firstRow`. */
  advance(candidates: Candidates, firstRow: number, blocked: readonly ReadonlySet<number>[]): void {
    const { endIndex, beamSize, perNodeBeamSize } = this.#settings;
    const isFirst = this.#sequences[0]?.length === 0;
    const wanted = isFirst ? beamSize : perNodeBeamSize;
    const choices: Choices = { classes: [], scores: [] };
    for (const [beam, sequence] of this.#sequences.entries()) {
      if (sequence.at(-1) === endIndex) addEnded(choices, endIndex, wanted);
      else addBest(choices, candidates, firstRow + beam, blocked[beam] ?? NOTHING, wanted);
    }
    const sums = choices.scores.map((score, place) =>
      Math.fround(score + at(this.#scores, Math.trunc(place / wanted))),
    );
    const chosen = topIndices(sums, beamSize);
    const parents = chosen.map((place) => Math.trunc(place / wanted));
    this.#sequences = chosen.map((place, index) => {
      const sequence = this.#sequences[parents[index] ?? -1] ?? [];
      return [...sequence, at(choices.classes, place)];
    });
    this.#scores = chosen.map((place) => sums[place] ?? LOWEST);
    this.#parents = parents;
  }

  result(): BeamResult {
    const scores = this.#scores.map((score, beam) => this.#finalScore(score, this.#sequences[beam] ?? []));
    const order = scores.map((_, beam) => beam).sort((a, b) => at(scores, b) - at(scores, a) || a - b);
    return {
      predictions: order.map((beam) => this.#sequences[beam] ?? []),
      scores: order.map((beam) => scores[beam] ?? LOWEST),
    };
  }

  /** `length-normalized-sequence-log-prob` counts the end of a sequence once, and the other classes. */
  #finalScore(score: number, sequence: readonly number[]): number {
    const { endIndex, lengthPenalty } = this.#settings;
    if (lengthPenalty === undefined) return score;
    const length =
      sequence.filter((index) => index !== endIndex).length + (sequence.at(-1) === endIndex ? 1 : 0);
    return Math.fround(score / Math.fround(length ** lengthPenalty));
  }
}

function tooFewClasses(count: number, needed: number): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `The beam search of the model takes ${needed} classes of a beam, but the model has ${count} in all.`,
  );
}
