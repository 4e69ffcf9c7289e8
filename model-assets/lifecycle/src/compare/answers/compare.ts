/** Compares the answers of two models to the same texts. */

import { chrF } from '@pilotlight/toolchain/internal/generation/package/chrf';
import { CLEAR_MARGIN } from '@pilotlight/toolchain/internal/stages/judge/compare';
import type { Sample } from '../run/samples.ts';
import { dot } from './among-others.ts';
import type { Answer, Decision, Kind } from './answer.ts';
import { type Bin, countBins } from './histogram.ts';

/** A decision that is another one. */
export interface Flip {
  /** The place of the text, from 1. */
  readonly text: number;
  readonly at: string;
  /** @default - A decides nothing there */
  readonly a?: Decision;
  /** @default - B decides nothing there */
  readonly b?: Decision;
  /** How sure both were, added: flips are worst first. */
  readonly weight: number;
}

/** Token ids of a text that differ. */
export interface TokenDifference {
  readonly text: number;
  /** The place of the first token that differs, from 0. */
  readonly token: number;
  /** Its ids; nothing where a text has ended. */
  readonly a?: number;
  readonly b?: number;
  readonly lengths: readonly [a: number, b: number];
}

export interface AnswerComparison {
  readonly kind: Kind;
  readonly texts: number;
  /** Texts with a decision that flips. */
  readonly changedTexts: number;
  readonly decisions: {
    readonly total: number;
    readonly changed: number;
    /** Those of the changed ones that A made by ten points of probability, or more. */
    readonly clear: number;
  };
  readonly flips: readonly Flip[];
  /** @default - the models have no tokens that can be compared */
  readonly tokens?: { readonly compared: number; readonly differences: readonly TokenDifference[] };
  /** Differences of scores, absolute. @default - there are no scores */
  readonly scores?: {
    readonly count: number;
    readonly mean: number;
    readonly largest: number;
    readonly histogram: readonly Bin[];
  };
  /** Cosine of embeddings of A and B. @default - the models do not embed, or in different numbers of dimensions */
  readonly cosine?: { readonly least: number; readonly mean: number; readonly leastText: number };
  /** Of generated texts, chrF of those of B against those of A, 0 to 100. */
  readonly chrF?: number;
}

/** Compares answers of a kind; both lists have one answer for each sample, with the decisions among others. */
export function compareAnswers(
  kind: Kind,
  samples: readonly Sample[],
  [a, b]: readonly [a: readonly Answer[], b: readonly Answer[]],
): AnswerComparison {
  const flips: Flip[] = [];
  const differences: number[] = [];
  const tokenDifferences: TokenDifference[] = [];
  let [total, compared] = [0, 0];
  for (const index of samples.keys()) {
    const [left, right] = [a[index], b[index]];
    if (!left || !right) continue;
    total += compareDecisions(index + 1, [left, right], flips);
    for (const [one, other] of scoresInBoth(kind, left, right)) differences.push(Math.abs(one - other));
    if (!left.ids || !right.ids) continue;
    compared++;
    const difference = firstDifference(index + 1, left.ids, right.ids);
    if (difference) tokenDifferences.push(difference);
  }
  flips.sort((one, other) => other.weight - one.weight || one.text - other.text);
  const clear = flips.filter((flip) => (flip.a?.margin ?? flip.a?.score ?? 0) >= CLEAR_MARGIN).length;
  const cosine = compareVectors(a, b);
  const texts = (answers: readonly Answer[]) =>
    answers.map(({ decisions }) => decisions.find(({ at }) => at === 'text')?.choice ?? '');
  return {
    kind,
    texts: samples.length,
    changedTexts: new Set(flips.map(({ text }) => text)).size,
    decisions: { total, changed: flips.length, clear },
    flips,
    ...(compared > 0 && { tokens: { compared, differences: tokenDifferences } }),
    ...(differences.length > 0 && {
      scores: {
        count: differences.length,
        mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
        largest: differences.reduce((most, value) => Math.max(most, value), 0),
        histogram: countBins(differences),
      },
    }),
    ...(cosine && { cosine }),
    ...(kind === 'texts' && { chrF: chrF(texts(b), texts(a)) }),
  };
}

/** Adds the flips of one text, and gives the number of its decisions. */
function compareDecisions(text: number, [left, right]: readonly [Answer, Answer], flips: Flip[]): number {
  const [ofA, ofB] = [left, right].map(({ decisions }) => new Map(decisions.map((own) => [own.at, own])));
  const places = new Set([...(ofA?.keys() ?? []), ...(ofB?.keys() ?? [])]);
  for (const at of places) {
    const [a, b] = [ofA?.get(at), ofB?.get(at)];
    if (a?.choice === b?.choice || isNearly(a ?? b, a ? right : left)) continue;
    const weight = [a, b].reduce((sum, own) => sum + (own?.margin ?? own?.score ?? (own ? 1 : 0)), 0);
    flips.push({ text, at, ...(a && { a }), ...(b && { b }), weight });
  }
  return places.size;
}

/** A number is whole on one side only where it is a score that is exactly 0 or 1 there. */
function isNearly(own: Decision | undefined, other: Answer): boolean {
  const score = other.scores.find(([name]) => name === own?.at)?.[1];
  return score !== undefined && own !== undefined && Math.abs(Number(own.choice) - score) < 0.5;
}

/** Of labels, those that either side chose count: most of many others are next to zero. */
function* scoresInBoth(kind: Kind, left: Answer, right: Answer): Generator<readonly [number, number]> {
  const chosen = new Set([...left.decisions, ...right.decisions].map(({ choice }) => choice));
  const others = new Map(right.scores);
  const isLabel = kind === 'labels' && left.decisions.some(({ at }) => at === 'label');
  for (const [name, score] of left.scores) {
    const other = others.get(name);
    if (other !== undefined && (!isLabel || chosen.has(name))) yield [score, other];
  }
}

function firstDifference(
  text: number,
  a: readonly number[],
  b: readonly number[],
): TokenDifference | undefined {
  const token = a.findIndex((id, index) => id !== b[index]);
  if (token < 0 && a.length === b.length) return undefined;
  const place = token < 0 ? a.length : token;
  const [own, other] = [a[place], b[place]];
  return {
    text,
    token: place,
    ...(own !== undefined && { a: own }),
    ...(other !== undefined && { b: other }),
    lengths: [a.length, b.length],
  };
}

function compareVectors(a: readonly Answer[], b: readonly Answer[]): AnswerComparison['cosine'] {
  const cosines = a.map(({ vector = [] }, index) => {
    const other = b[index]?.vector ?? [];
    return vector.length > 0 && vector.length === other.length ? dot(vector, other) : Number.NaN;
  });
  if (cosines.length === 0 || cosines.some(Number.isNaN)) return undefined;
  const least = Math.min(...cosines);
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  return { least, mean, leastText: cosines.indexOf(least) + 1 };
}
