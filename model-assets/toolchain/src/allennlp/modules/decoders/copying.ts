/**
 * What copynet does with the places of the source. AllenNLP takes the logarithm of 0 for that of a tiny number, so that classes that
 * cannot be stay at about -30: that is kept. Padding is kept out altogether, so that a batch gives what its inputs give alone.
 */
import { int, string } from '../../../graph/node.ts';
import type { GraphOutput, Mask, Scope } from '../module.ts';
import { fillPadding, LOWEST, TINY } from '../nodes/masks.ts';
import {
  cast,
  concat,
  integer,
  max,
  op,
  scalar,
  shape,
  softmax,
  squeeze,
  sum,
  unsqueeze,
} from '../nodes/ops.ts';
import type { StepGraph } from './step.ts';

/** The ids of tokens in the namespace of the target. */
export interface CopyVocabulary {
  /** Tokens of the namespace, before the places of the source. */
  readonly size: number;
  readonly unknown: number;
  /** What a word that is in no vocabulary stands for when it is read. */
  readonly copy: number;
}

/** In the encoder graph: what every step needs to know of the words of the source, and that nothing was copied yet. */
export function copyMemory(
  scope: Scope,
  mask: Mask,
  { unknown }: CopyVocabulary,
): Record<string, GraphOutput> {
  const axes = ['batch', 'source_tokens/tokens'];
  const words = scope.input('source_token_ids', 'int64', axes);
  const isUnknown = op(scope, 'Equal', [
    scope.input('source_to_target', 'int64', axes),
    integer(scope, unknown),
  ]);
  const same = op(scope, 'Equal', [unsqueeze(scope, words, 2), unsqueeze(scope, words, 1)]);
  const count = squeeze(scope, shape(scope, words, 1, 2), 0);
  const places = op(scope, 'Range', [integer(scope, 0), count, integer(scope, 1)]);
  const [rows, columns] = [unsqueeze(scope, places, 1), unsqueeze(scope, places, 0)];
  const isLater = cast(scope, op(scope, 'Greater', [rows, columns]), 'float32');
  const isItself = cast(scope, op(scope, 'Equal', [rows, columns]), 'float32');
  const shares = op(scope, 'Mul', [tinyUnless(scope, same), isLater]);
  const earlier = op(scope, 'Mul', [cast(scope, same, 'float32'), isLater]);
  const isFirst = op(scope, 'Equal', [sum(scope, earlier, 2), scalar(scope, 0)]);
  const only = op(scope, 'Log', [tinyUnless(scope, isFirst)]);
  const left = op(scope, 'Log', [tinyUnless(scope, isUnknown)]);
  const vector = ['batch', 'source'];
  return {
    // For each place and each that is not behind it, the share of the first that counts for the second.
    'memory.shares': { value: op(scope, 'Add', [shares, isItself]), axes: ['batch', 'source', 'source'] },
    'memory.left': { value: op(scope, 'Add', [only, left]), axes: vector },
    'memory.known': { value: tinyUnless(scope, op(scope, 'Not', [isUnknown])), axes: vector },
    'state.copied': {
      value: op(scope, 'Add', [op(scope, 'Mul', [mask, scalar(scope, 0)]), scalar(scope, Math.log(TINY))]),
      axes: vector,
    },
  };
}

/** 1 where a condition holds, else a tiny number, whose logarithm is finite. */
function tinyUnless(scope: Scope, condition: string): string {
  return op(scope, 'Add', [cast(scope, condition, 'float32'), scalar(scope, TINY)]);
}

/** The tokens that are read at this step, `[inputs, beams]`, and the weights of the places of the source with the word before it. */
export interface CopiedInput {
  readonly words: string;
  /** `[inputs, beams, source]` */
  readonly weights: string;
}

/** What the class before this step was: a token, or a place whose word counts wherever it stands in the source. */
export function copiedInput(step: StepGraph, { size, copy }: CopyVocabulary): CopiedInput {
  const { scope, last } = step;
  const words = step.memory('source_token_ids', ['source'], 'int64');
  const classes = integer(scope, size);
  const isPlace = op(scope, 'GreaterOrEqual', [last, classes]);
  const place = op(scope, 'Where', [isPlace, op(scope, 'Sub', [last, classes]), integer(scope, 0)]);
  const word = op(scope, 'GatherElements', [words, place], { axis: int(1) });
  const isWord = op(scope, 'And', [
    op(scope, 'Equal', [unsqueeze(scope, words, 1), unsqueeze(scope, word, 2)]),
    unsqueeze(scope, isPlace, 2),
  ]);
  const targets = step.memory('source_to_target', ['source'], 'int64');
  const isToken = op(scope, 'Equal', [unsqueeze(scope, targets, 1), unsqueeze(scope, last, 2)]);
  const matches = cast(scope, op(scope, 'Or', [isWord, isToken]), 'float32');
  return {
    words: op(scope, 'Where', [isPlace, integer(scope, copy), last]),
    weights: selectiveWeights(step, matches),
  };
}

/** `masked_softmax` of what was copied at the places that match, `[inputs, beams, source]`; zeros where none does. */
function selectiveWeights(step: StepGraph, matches: string): string {
  const { scope } = step;
  const mask = unsqueeze(scope, step.memory('mask', ['source']), 1);
  const counted = op(scope, 'Mul', [matches, mask]);
  const copied = step.toBeams(step.state('copied', 'source'), -1);
  const scores = fillPadding(scope, op(scope, 'Mul', [copied, counted]), mask, LOWEST);
  const shares = op(scope, 'Mul', [softmax(scope, scores), counted]);
  return op(scope, 'Div', [shares, op(scope, 'Add', [sum(scope, shares, -1, true), scalar(scope, TINY)])]);
}

/**
 * The log probabilities of all classes, `[inputs, beams, size + source]`, out of those to generate a token, `[inputs, beams, size]`, and
 * those to copy a place, `[inputs, beams, source]`.
 */
export function joinCopied(step: StepGraph, generated: string, copied: string): string {
  const { scope } = step;
  const vector = (name: string) => unsqueeze(scope, step.memory(name, ['source']), 1);
  const greatest = unsqueeze(scope, max(scope, copied, -1), -1);
  const powers = op(scope, 'Exp', [op(scope, 'Sub', [copied, greatest])]);
  const logarithm = (x: string) => op(scope, 'Add', [op(scope, 'Log', [x]), greatest]);
  // Places whose word is a token of the target count for that token.
  const targets = unsqueeze(scope, step.memory('source_to_target', ['source'], 'int64'), 1);
  const sums = op(
    scope,
    'ScatterElements',
    [
      op(scope, 'ConstantOfShape', [shape(scope, generated, 0)]),
      op(scope, 'Expand', [targets, shape(scope, copied, 0)]),
      op(scope, 'Mul', [powers, vector('known')]),
    ],
    { axis: int(2), reduction: string('add') },
  );
  // Other words count at their first place.
  const shares = step.memory('shares', ['source', 'source']);
  const ofWords = op(scope, 'Max', [logarithm(op(scope, 'MatMul', [powers, shares])), copied]);
  return concat(
    scope,
    [addProbabilities(scope, generated, logarithm(sums)), op(scope, 'Add', [ofWords, vector('left')])],
    -1,
  );
}

/** The logarithm of the sum of two probabilities; the second may be that of 0. */
function addProbabilities(scope: Scope, first: string, second: string): string {
  const greater = op(scope, 'Max', [first, second]);
  const power = (x: string) => op(scope, 'Exp', [op(scope, 'Sub', [x, greater])]);
  const sum = op(scope, 'Log', [op(scope, 'Add', [power(first), power(second)])]);
  return op(scope, 'Add', [greater, sum]);
}
