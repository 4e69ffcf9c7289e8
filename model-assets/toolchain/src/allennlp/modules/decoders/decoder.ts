/** What the registrables of decoders build: parts of two graphs, of which each is built in a place of the one that is asked for. */
import { buildModule, type NestedParams } from '../build.ts';
import type { GraphOutput, Scope } from '../module.ts';
import type { EncodedSource } from './encoded-source.ts';
import type { StepGraph } from './step.ts';

export interface DecoderNet {
  readonly outputDim: number;
  /** In the encoder graph: what the step graph reads of the source. */
  prepare(source: EncodedSource): Record<string, GraphOutput>;
  /** In the step graph: the vectors of the last classes, `[inputs, beams, embedded]`, to what follows, `[inputs, beams, outputDim]`. */
  decode(step: StepGraph, words: string): string;
}

export interface SeqDecoder {
  readonly outputDim: number;
  /** In the encoder graph: what the step graph reads of the source. */
  prepare(source: EncodedSource): Record<string, GraphOutput>;
  /** In the step graph: the log probabilities of the next classes, `[inputs, beams, classes]`. */
  decode(step: StepGraph): string;
}

/** @throws ToolchainError as `buildModule` */
export function buildDecoderNet(scope: Scope, params: NestedParams): DecoderNet {
  // The registry holds decoder nets alone for the role.
  return buildModule('decoder_net', scope, params) as DecoderNet;
}

/** @throws ToolchainError as `buildModule` */
export function buildSeqDecoder(scope: Scope, params: NestedParams): SeqDecoder {
  // The registry holds decoders alone for the role.
  return buildModule('seq_decoder', scope, params) as SeqDecoder;
}
