/**
 * The fingerprint of a model on a corpus: one hash of the token ids, one of the decisions, one of the rounded scores. Two clusters, or two
 * years, are compared by eye. See ADR-fingerprint.md.
 */
import { createHash } from 'node:crypto';
import { decideAmongOthers, dot } from './answers/among-others.ts';
import type { Answer } from './answers/answer.ts';
import { readingFor } from './answers/read.ts';
import { collectAnswers } from './run/collect.ts';
import type { Sample } from './run/samples.ts';
import { nameSide, type Side } from './run/side.ts';

/** Scores are rounded to steps of this size. */
export const STEP = 0.05;
/** A score as near as this to the border of two steps may be rounded otherwise by another processor. */
export const BORDER = 1e-5;
/** A decision by less than this may be another one on another processor. */
export const CLOSE = 1e-3;

export interface Fingerprint {
  /** `sentiment@1.0.1 int8` */
  readonly model: string;
  readonly checksum: string;
  readonly texts: number;
  /** sha256 of the texts, in lower-case hexadecimal, as all hashes. */
  readonly corpus: string;
  /** @default - the model has no tokens */
  readonly tokens?: string;
  readonly decisions: string;
  /** @default - the model gives no scores */
  readonly scores?: string;
  /** Decisions that another processor may turn, because the next best was as good by less than 0.001. */
  readonly closeDecisions: number;
  /** Scores that another processor may round otherwise, because they lie within 0.00001 of a border. */
  readonly scoresAtBorders: number;
}

export interface FingerprintOptions {
  /** Texts of one call. @default 32 */
  readonly batch?: number | undefined;
  readonly report?: (done: number) => void;
}

/** Runs the corpus through a model. @throws EngineError SESSION_FAILED, OVERLOADED */
export async function fingerprintModel(
  side: Side,
  samples: readonly Sample[],
  options: FingerprintOptions = {},
): Promise<Fingerprint> {
  const { kind } = readingFor(side.manifest);
  const answers = decideAmongOthers(await collectAnswers(side, samples, options), kind);
  return { model: nameSide(side), checksum: side.checksum, ...fingerprintAnswers(samples, answers) };
}

/** Makes the hashes of answers. */
export function fingerprintAnswers(
  samples: readonly Sample[],
  answers: readonly Answer[],
): Omit<Fingerprint, 'model' | 'checksum'> {
  const scores = answers.map((answer, index) => [...answer.scores, ...cosineToNext(answers, index)]);
  const all = scores.flat().map(([, score]) => score);
  const hasTokens = answers.some(({ ids }) => ids !== undefined);
  return {
    texts: samples.length,
    corpus: hashLines(samples.map(({ text, pair, json }) => JSON.stringify(json ?? [text, pair ?? null]))),
    ...(hasTokens && { tokens: hashLines(answers.map(({ ids = [] }) => ids.join(' '))) }),
    decisions: hashLines(
      answers.map(({ decisions }) => JSON.stringify(decisions.map(({ at, choice }) => [at, choice]))),
    ),
    ...(all.length > 0 && {
      scores: hashLines(scores.map((own) => JSON.stringify(own.map(([name, score]) => [name, step(score)])))),
    }),
    closeDecisions: answers.flatMap(({ decisions }) => decisions).filter(({ margin = 1 }) => margin < CLOSE)
      .length,
    scoresAtBorders: all.filter(isAtBorder).length,
  };
}

/** `7f3a 91c2 0b4d`: 48 bits, which eyes compare, and chance does not meet. */
export function shortForm(hash: string): string {
  return hash.slice(0, 12).replaceAll(/(.{4})(?=.)/g, '$1 ');
}

/** Of an embedding, one number stands for hundreds: its cosine to that of the next text. */
function cosineToNext(answers: readonly Answer[], index: number): [string, number][] {
  const [own, next] = [answers[index]?.vector, answers[(index + 1) % answers.length]?.vector];
  return own && next ? [['next text', dot(own, next)]] : [];
}

/** Borders lie half a step beside the multiples, so that 0, 1 and a half, at which scores gather, are in the middle of a step. */
const step = (score: number): number => Math.round(score / STEP) + 0;

function isAtBorder(score: number): boolean {
  const place = score / STEP - 0.5;
  return Math.abs(place - Math.round(place)) * STEP < BORDER;
}

/** Lines end in LF, so that no two lists of lines are the same text. */
function hashLines(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest('hex');
}
