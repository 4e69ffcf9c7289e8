/** Compares two answers of a predictor: texts, lists and keys exactly, numbers by their difference. */
import { settleTie } from './tied-spans.ts';

export interface AnswerComparison {
  /** Largest difference of two numbers in the same place: absolute, or in shares of what was expected, whichever is smaller. */
  readonly largest: number;
  /** The place of it, as a path: `.logits[3]`. */
  readonly at: string;
  /** The first place that differs otherwise, and how. @default - there is none */
  readonly problem?: string;
}

/** A number that stands for "masked" in outputs: the least float32. Two of them are equal, however they were made. */
const MASKED = -1e30;

/**
 * What AllenNLP's predictors answer beside the prediction, and that means nothing: the loss of a label that there is not, and the number
 * of a question among those that the process was asked, `id`.
 */
const isBeside = (name: string, path: string): boolean =>
  name === 'loss' || name.endsWith('_loss') || (path === '' && name === 'id');

/** Ids by which a dataset reader counts the questions that it has read since it began. */
const isCount = (name: string, one: unknown, other: unknown): boolean =>
  name === 'id' && [one, other].every((id) => typeof id === 'string' && /^\d+$/.test(id));

export function compareAnswers(expected: unknown, actual: unknown): AnswerComparison {
  const found = { largest: 0, at: '', problem: undefined as string | undefined };
  compare(expected, settleTie(expected, actual), '', found);
  const { largest, at, problem } = found;
  return { largest, at, ...(problem !== undefined && { problem }) };
}

interface Found {
  largest: number;
  at: string;
  problem: string | undefined;
}

function compare(expected: unknown, actual: unknown, path: string, found: Found): void {
  if (found.problem !== undefined) return;
  if (typeof expected === 'number' && typeof actual === 'number') {
    const difference = differenceOf(expected, actual);
    if (Number.isNaN(difference)) found.problem = `${path} is ${actual} instead of ${expected}`;
    else if (difference > found.largest) [found.largest, found.at] = [difference, path];
    return;
  }
  if (isList(expected) && isList(actual)) {
    if (expected.length !== actual.length) {
      found.problem = `${path} has ${actual.length} entries instead of ${expected.length}`;
      return;
    }
    for (let i = 0; i < expected.length; i++) compare(expected[i], actual[i], `${path}[${i}]`, found);
    return;
  }
  if (isObject(expected) && isObject(actual)) {
    const names = new Set(
      [...Object.keys(expected), ...Object.keys(actual)].filter((name) => !isBeside(name, path)),
    );
    for (const name of names) {
      if (!Object.hasOwn(actual, name)) found.problem ??= `${path}.${name} is missing`;
      else if (!Object.hasOwn(expected, name)) found.problem ??= `${path}.${name} should not be there`;
      else if (!isCount(name, expected[name], actual[name]))
        compare(expected[name], actual[name], `${path}.${name}`, found);
    }
    return;
  }
  if (expected !== actual) found.problem = `${path} is ${short(actual)} instead of ${short(expected)}`;
}

function differenceOf(expected: number, actual: number): number {
  if (expected === actual || (expected < MASKED && actual < MASKED)) return 0;
  const difference = Math.abs(expected - actual);
  return Math.min(difference, difference / Math.abs(expected || 1));
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || value instanceof Float32Array;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const LONGEST = 60;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
