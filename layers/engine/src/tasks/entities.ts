/**
 * From scores of tokens to labelled spans, with the semantics of `TokenClassificationPipeline.aggregate` of
 * Hugging Face Transformers (src/transformers/pipelines/token_classification.py).
 */
import { argmax, at } from '../math/activations.ts';

export interface ScoredToken {
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

/** Each token with its best label. */
export function labelTokens(
  tokens: readonly ScoredToken[],
  labels: readonly string[],
): (ScoredToken & Labelled)[] {
  return tokens.map((token) => ({ ...token, ...best(token.scores, labels) }));
}

/** Each word with one label, from its first token, the mean of its tokens or its surest token. */
export function labelWords(
  tokens: readonly ScoredToken[],
  labels: readonly string[],
  strategy: WordStrategy,
): Labelled[] {
  return words(tokens).map((word) => ({
    ...best(scoresOfWord(word, strategy), labels),
    start: word[0]?.start ?? 0,
    end: word.at(-1)?.end ?? 0,
  }));
}

/** Joins neighbours of one label: `B-` opens a span, `I-` and bare labels go on with one. The score is the mean. */
export function groupEntities(parts: readonly Labelled[]): Labelled[] {
  const groups: Labelled[][] = [];
  let lastTag: string | undefined;
  for (const part of parts) {
    const { begins, tag } = parseTag(part.label);
    const group = groups.at(-1);
    if (group && tag === lastTag && !begins) group.push(part);
    else groups.push([part]);
    lastTag = tag;
  }
  return groups.map((group) => ({
    label: parseTag(group[0]?.label ?? '').tag,
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    start: group[0]?.start ?? 0,
    end: group.at(-1)?.end ?? 0,
  }));
}

function parseTag(label: string): { begins: boolean; tag: string } {
  if (label.startsWith('B-')) return { begins: true, tag: label.slice(2) };
  if (label.startsWith('I-')) return { begins: false, tag: label.slice(2) };
  return { begins: false, tag: label };
}

function words(tokens: readonly ScoredToken[]): ScoredToken[][] {
  const grouped: ScoredToken[][] = [];
  for (const token of tokens) {
    const word = grouped.at(-1);
    if (word && token.word !== null && word[0]?.word === token.word) word.push(token);
    else grouped.push([token]);
  }
  return grouped;
}

function scoresOfWord(word: readonly ScoredToken[], strategy: WordStrategy): Float64Array {
  const [first] = word;
  if (!first) return new Float64Array();
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

function best(scores: Float64Array, labels: readonly string[]): { label: string; score: number } {
  const index = argmax(scores);
  return { label: labels[index] ?? '', score: at(scores, index) };
}
