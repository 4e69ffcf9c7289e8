/** The encoder graph of a model that generates: what decoders read of the source. */

import {
  BEAM_SEARCH,
  OLD_BEAM_SEARCH,
} from '@pilotlight/engine/internal/runtimes/allennlp/models/generation/beam-settings';
import { z } from 'zod';
import type { Attention, GraphOutput, Mask, Scope } from '../module.ts';
import type { LstmState } from '../nodes/lstm-cell.ts';
import { lastTokens } from '../nodes/masks.ts';
import { concat, op, reshape, scalar, slice, squeeze } from '../nodes/ops.ts';
import type { StepGraph } from './step.ts';

/** The parameters of a beam search, the older ones too. */
export const beamParams = { beam_search: z.nullish(BEAM_SEARCH), ...OLD_BEAM_SEARCH };

/** The source as an encoder gives it, in the encoder graph. */
export interface EncodedSource {
  /** `[batch, tokens, dim]` */
  readonly vectors: string;
  readonly mask: Mask;
  readonly dim: number;
}

/** What every decoder with attention reads. */
export function memoryOf({ vectors, mask, dim }: EncodedSource): Record<string, GraphOutput> {
  return {
    'memory.vectors': { value: vectors, axes: ['batch', 'source', dim] },
    'memory.mask': { value: mask, axes: ['batch', 'source'] },
  };
}

/** An LSTM begins with the last state of the encoder, and with zeros in its cells. */
export function firstState(scope: Scope, source: EncodedSource, isBidirectional: boolean): LstmState {
  const hidden = finalStates(scope, source, isBidirectional);
  return { hidden, context: op(scope, 'Mul', [hidden, scalar(scope, 0)]) };
}

/** `get_final_encoder_states`: the last token of each row, and of the direction that runs backwards the first one: `[batch, dim]`. */
function finalStates(scope: Scope, { vectors, mask, dim }: EncodedSource, isBidirectional: boolean): string {
  const last = lastTokens(scope, vectors, mask);
  if (!isBidirectional) return last;
  const first = squeeze(scope, slice(scope, vectors, 1, 0, 1), 1);
  return concat(scope, [slice(scope, last, 1, 0, dim / 2), slice(scope, first, 1, dim / 2)], -1);
}

/** What a beam reads of the source by attention: `query` `[rows, dim]` to `[rows, dim]`. */
export function readSource(step: StepGraph, attention: Attention, query: string, dim: number): string {
  const vectors = step.memory('vectors', ['source', dim]);
  const mask = step.memory('mask', ['source']);
  const weights = attention.attend(query, step.toRows(vectors), step.toRows(mask));
  return sumOfSource(step, step.toBeams(weights, -1), dim);
}

/** The vectors of the source by the weights that beams give them, `[inputs, beams, source]` to `[rows, dim]`. */
export function sumOfSource(step: StepGraph, weights: string, dim: number): string {
  const { scope } = step;
  const sums = op(scope, 'MatMul', [weights, step.memory('vectors', ['source', dim])]);
  return reshape(scope, sums, [-1, dim]);
}
