/** The weights of AllenNLP's AugmentedLSTMCell, in the order that operators want. */
import type { Scope } from '../module.ts';
import { reorder } from './weights.ts';

export interface AugmentedShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly highway: boolean;
  /** Whether the projection of the input has a bias. */
  readonly bias: boolean;
}

/** One direction of a layer; the place holds `cell.input_linearity` and `cell.state_linearity`. */
export interface Direction {
  readonly scope: Scope;
  readonly isReverse: boolean;
}

export interface Cell {
  /** Gates in the order that was asked for: `[gates * hidden, inputs]`, `[gates * hidden, hidden]`, `[gates * hidden]`. */
  readonly input: Float32Array;
  readonly state: Float32Array;
  readonly bias: Float32Array;
  /** The projection that the highway gate mixes in: `[hidden, inputs]`, `[hidden]`; empty without a highway. */
  readonly highway: Float32Array;
  readonly highwayBias: Float32Array;
}

/** Reads a cell: gates of input, forget, cell, output and highway, then the projection of the highway. */
export function readCell(scope: Scope, layer: AugmentedShape, order: readonly number[]): Cell {
  const { inputs, hidden, highway } = layer;
  const inputBlocks = highway ? 6 : 4;
  const stateBlocks = highway ? 5 : 4;
  const input = scope.tensor('cell.input_linearity.weight', [inputBlocks * hidden, inputs]);
  const state = scope.tensor('cell.state_linearity.weight', [stateBlocks * hidden, hidden]);
  const inputBias = layer.bias
    ? scope.tensor('cell.input_linearity.bias', [inputBlocks * hidden])
    : new Float32Array(inputBlocks * hidden);
  const stateBias = scope.tensor('cell.state_linearity.bias', [stateBlocks * hidden]);
  const bias = stateBias.map((value, row) => value + (inputBias[row] ?? 0));
  return {
    input: reorder(input, order, inputBlocks),
    state: reorder(state, order, stateBlocks),
    bias: reorder(bias, order, stateBlocks),
    highway: input.subarray(stateBlocks * hidden * inputs),
    highwayBias: inputBias.subarray(stateBlocks * hidden),
  };
}
