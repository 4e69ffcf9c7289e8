/**
 * Turns scores of tokens into labelled spans, with the semantics of `TokenClassificationPipeline.aggregate` of
 * Hugging Face Transformers (src/transformers/pipelines/token_classification.py).
 */
import { argmax, at } from '../math/activations.ts';
import type { GiveWay } from '../ports.ts';
import { beginsWord } from './spans.ts';
import { decodeTags, mapRows, type TagDecoding } from './tag-decoding.ts';
import { createTagReader } from './tags.ts';

export interface ScoredToken {
  /** Place among the tokens of the whole text, special ones included. */
  readonly index: number;
  readonly token: string;
  /** Index of the word that the token is a part of. */
  readonly word: number | null;
  readonly start: number;
  readonly end: number;
  /** `[labels]` */
  readonly scores: Float64Array;
}

export interface Labelled {
  readonly label: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

export type WordStrategy = 'first' | 'average' | 'max';

/** The labels of a sequence, and how they are chosen. */
export interface Tagging {
  readonly labels: readonly string[];
  readonly decoding: TagDecoding;
  readonly giveWay: GiveWay;
}

/** Gives each token its label. */
export async function labelTokens(
  tokens: readonly ScoredToken[],
  tagging: Tagging,
): Promise<(ScoredToken & Labelled)[]> {
  const chosen = await choose(
    tokens.map(({ scores }) => scores),
    tagging,
  );
  return tokens.map((token, i) => ({ ...token, ...(chosen[i] ?? NO_LABEL) }));
}

/** Gives each word of `text` one label, from its first token, the mean of its tokens or its surest token. */
export async function labelWords(
  text: string,
  tokens: readonly ScoredToken[],
  tagging: Tagging,
  strategy: WordStrategy,
): Promise<Labelled[]> {
  const words = splitWords(text, tokens);
  const scores = await mapRows(words, (word) => scoreWord(word, strategy), tagging.giveWay);
  const chosen = await choose(scores, tagging);
  return words.map((word, i) => ({
    ...(chosen[i] ?? NO_LABEL),
    start: word[0].start,
    end: word.at(-1)?.end ?? 0,
  }));
}

/**
 * Joins neighbours of one kind into spans, whose score is the mean of theirs. `labels` are all that the model has: they
 * say what its prefixes mean.
 */
export function groupEntities(parts: readonly Labelled[], labels: readonly string[]): Labelled[] {
  const read = createTagReader(labels);
  const groups: { label: string; scores: number[]; start: number; end: number; ends: boolean }[] = [];
  for (const { label, score, start, end } of parts) {
    const { tag, begins, ends } = read(label);
    const last = groups.at(-1);
    if (last?.label === tag && !begins && !last.ends) {
      last.scores.push(score);
      last.end = end;
      last.ends = ends;
    } else groups.push({ label: tag, scores: [score], start, end, ends });
  }
  return groups.map(({ label, scores, start, end }) => ({
    label,
    score: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    start,
    end,
  }));
}

/** The tokens of a word. */
type Word = [ScoredToken, ...ScoredToken[]];

function splitWords(text: string, tokens: readonly ScoredToken[]): Word[] {
  const words: Word[] = [];
  for (const token of tokens) {
    const word = words.at(-1);
    if (!word || beginsWord(text, token, word.at(-1))) words.push([token]);
    else word.push(token);
  }
  return words;
}

function scoreWord(word: Word, strategy: WordStrategy): Float64Array {
  const [first] = word;
  switch (strategy) {
    case 'first':
      return first.scores;
    case 'max':
      return word.reduce((surest, token) => (peak(token.scores) > peak(surest.scores) ? token : surest))
        .scores;
    case 'average':
      return first.scores.map(
        (_, label) => word.reduce((sum, { scores }) => sum + at(scores, label), 0) / word.length,
      );
  }
}

function peak(scores: Float64Array): number {
  return at(scores, argmax(scores));
}

const NO_LABEL = { label: '', score: Number.NaN };

async function choose(rows: readonly Float64Array[], tagging: Tagging): Promise<(typeof NO_LABEL)[]> {
  const { labels, decoding, giveWay } = tagging;
  const logarithms = (scores: Float64Array) => scores.map(Math.log);
  const comparable = decoding === 'argmax' ? rows : await mapRows(rows, logarithms, giveWay);
  const chosen = await decodeTags(comparable, labels, decoding, giveWay);
  return rows.map((scores, i) => {
    const index = chosen[i] ?? -1;
    return { label: labels[index] ?? '', score: at(scores, index) };
  });
}
