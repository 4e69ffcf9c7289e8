/**
 * Greedy and beam search over whole vectors of logits, written after transformers 5.24 line by line and without anything of the engine:
 * slow, with all beams from the first step on, unfinished ones at -1e9, and every processor over every class.
 */
import type { SearchOptions } from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import { type Logits, logSoftmax } from './run-search.ts';

export interface OracleSequence {
  readonly ids: readonly number[];
  readonly score: number;
}

const UNFINISHED = -1e9;

export interface OracleCase {
  readonly options: SearchOptions;
  readonly prompt: readonly number[];
  readonly source: readonly number[];
  readonly logits: Logits;
  readonly stops?: (newIds: readonly number[]) => boolean;
}

/** The text of the best token of each step; the score is the sum of its log probabilities. Where none may come, it ends. */
export function oracleGreedy(given: OracleCase): OracleSequence {
  const ids: number[] = [];
  let score = 0;
  for (;;) {
    const scores = logSoftmax(process(given, ids, given.logits(ids)));
    const largest = scores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(largest)) return { ids, score };
    ids.push(scores.indexOf(largest));
    score += largest;
    if (ends(given, ids)) return { ids, score };
  }
}

interface Held {
  readonly ids: readonly number[];
  readonly score: number;
  readonly finished: boolean;
}

/** The sequences that beams find, best first, and how many steps they took. */
export function oracleBeams(given: OracleCase): {
  readonly found: readonly OracleSequence[];
  readonly steps: number;
} {
  const { numBeams, eos, lengthPenalty, earlyStopping, maxNewTokens, renormalize, numReturnSequences } =
    given.options;
  const kept = Math.max(2, 1 + eos.length) * numBeams;
  let running = Array.from({ length: numBeams }, (_, beam) => ({
    ids: [] as readonly number[],
    score: beam === 0 ? 0 : UNFINISHED,
  }));
  let held: readonly Held[] = running.map(() => ({ ids: [], score: UNFINISHED, finished: false }));
  for (let length = 1; ; length++) {
    const candidates = running
      .flatMap((beam) => {
        const processed = process(given, beam.ids, logSoftmax(given.logits(beam.ids)));
        const scores = renormalize ? logSoftmax(processed) : processed;
        return Array.from(scores, (value, id) => ({
          ids: [...beam.ids, id],
          score: Math.fround(value + beam.score),
        }));
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, kept)
      .map((candidate) => ({ ...candidate, hit: ends(given, candidate.ids) }));
    running = candidates
      .map(({ ids, score, hit }) => ({ ids, score: Math.fround(score + (hit ? UNFINISHED : 0)) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, numBeams);
    const finished = candidates.map(({ ids, score, hit }, rank) => {
      const counts = hit && rank < numBeams;
      return { ids, score: score / length ** lengthPenalty + (counts ? 0 : UNFINISHED), finished: counts };
    });
    held = [...held, ...finished].sort((a, b) => b.score - a.score).slice(0, numBeams);
    const hoped = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : length;
    const best = (running[0]?.score ?? Number.NaN) / hoped ** lengthPenalty;
    const worst = Math.min(...held.map(({ score }) => score));
    const improves = held.some(({ finished: done }) => best > (done ? worst : UNFINISHED));
    const open = !(earlyStopping === true && held.every(({ finished: done }) => done));
    // Where all that may go on is at -1e9, transformers takes further steps that change nothing.
    const alive = running.some(({ score }) => score > UNFINISHED / 10);
    if (improves && open && alive && candidates.some(({ hit }) => !hit)) continue;
    return { found: held.filter(({ finished: done }) => done).slice(0, numReturnSequences), steps: length };
  }
}

function ends({ options, stops }: OracleCase, ids: readonly number[]): boolean {
  return (
    options.eos.includes(ids.at(-1) ?? -1) || ids.length >= options.maxNewTokens || stops?.(ids) === true
  );
}

/** All processors in their order, each over a whole vector. */
function process(given: OracleCase, added: readonly number[], values: Float32Array): Float32Array {
  const { options, prompt, source } = given;
  const scores = Float32Array.from(values);
  const ids = [...prompt, ...added];
  const change = (id: number, by: (score: number) => number): void => {
    scores[id] = by(scores[id] ?? Number.NaN);
  };
  const ban = (id: number): void => change(id, () => Number.NEGATIVE_INFINITY);
  const scaled = (penalty: number) => (score: number) => (score < 0 ? score * penalty : score / penalty);
  const matches = (before: readonly number[]): boolean =>
    before.length <= ids.length && before.join() === ids.slice(ids.length - before.length).join();
  const repeats = (text: readonly number[], size: number): void => {
    if (size === 0 || ids.length < size - 1) return;
    const end = ids.slice(ids.length - size + 1).join();
    for (let i = 0; i + size <= text.length; i++) {
      if (text.slice(i, i + size - 1).join() === end) ban(text[i + size - 1] ?? -1);
    }
  };
  for (const [id, bias] of options.logitBias) change(id, (score) => score + bias);
  for (const [word, bias] of options.sequenceBias) {
    if (matches(word.slice(0, -1))) change(word.at(-1) ?? -1, (score) => score + bias);
  }
  for (const id of new Set(source)) change(id, scaled(1 / options.encoderRepetitionPenalty));
  for (const id of new Set(ids)) change(id, scaled(options.repetitionPenalty));
  for (const id of added) change(id, (score) => score - options.frequencyPenalty);
  for (const id of new Set(added)) change(id, (score) => score - options.presencePenalty);
  repeats(ids, options.noRepeatNgramSize);
  repeats(source, options.encoderNoRepeatNgramSize);
  for (const word of options.badWords) if (matches(word.slice(0, -1))) ban(word.at(-1) ?? -1);
  if (added.length < options.minNewTokens) for (const id of options.eos) ban(id);
  const only = (forced: readonly number[]): void => {
    scores.fill(Number.NEGATIVE_INFINITY);
    for (const id of forced) scores[id] = 0;
  };
  if (options.forcedBos !== undefined && ids.length === 1) only([options.forcedBos]);
  if (options.forcedEos && added.length === options.maxNewTokens - 1) only(options.forcedEos);
  const [start, factor] = options.exponentialDecay ?? [Number.POSITIVE_INFINITY, 1];
  if (added.length > start) {
    const growth = factor ** (added.length - start) - 1;
    for (const id of options.eos) {
      change(id, (score) => (Number.isFinite(score) ? score + Math.abs(score) * growth : score));
    }
  }
  for (const id of options.suppress) ban(id);
  if (added.length === (prompt.length > 1 || options.forcedBos === undefined ? 0 : 1)) {
    for (const id of options.beginSuppress) ban(id);
  }
  return scores;
}
