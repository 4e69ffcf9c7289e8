/** Finds the roles of the inputs of an exported graph by the names that exporters give them. */
import type { Graph } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { int, makeNode } from '../graph/node.ts';
import type { OnnxDimension, OnnxGraph, OnnxModel, OnnxValueInfo } from '../graph/onnx.ts';
import { ELEMENT } from '../graph/tensor.ts';

type Input = Graph['inputs'][number];

const INPUT_NAMES: Readonly<Record<Input['role'], readonly string[]>> = {
  input_ids: ['input_ids', 'input_ids:0', 'input'],
  attention_mask: ['attention_mask', 'attention_mask:0', 'input_mask', 'mask'],
  token_type_ids: ['token_type_ids', 'token_type_ids:0', 'segment_ids'],
};

/** From IR version 4 on, weights are not listed among the inputs. */
const IR_VERSION_WITHOUT_WEIGHT_INPUTS = 4;

/**
 * The role of every input; weights that old exporters list as inputs are taken off the list, and int32 inputs
 * become int64 ones with a Cast behind them. Throws SOURCE_UNSUPPORTED for an input that has no role here, and for
 * one whose batch or length is fixed.
 */
export function mapInputs(model: OnnxModel): Input[] {
  const { graph } = model;
  model.irVersion = Math.max(model.irVersion, IR_VERSION_WITHOUT_WEIGHT_INPUTS);
  const weights = new Set(graph.initializer.map(({ name }) => name));
  graph.input = graph.input.filter(({ name }) => !weights.has(name));
  return graph.input.map((value) => {
    const role = findRole(value.name);
    if (role === undefined) {
      throw new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `The export has an input '${value.name}', which is none of ${Object.keys(INPUT_NAMES).join(', ')}.`,
      );
    }
    const fixed = findFixed(value, ['batch', 'tokens']);
    if (fixed !== undefined) throw fixed;
    acceptInt64(graph, value);
    return { name: value.name, role, type: 'int64', axes: ['batch', 'tokens'] };
  });
}

function findRole(name: string): Input['role'] | undefined {
  const roles: readonly Input['role'][] = ['input_ids', 'attention_mask', 'token_type_ids'];
  return roles.find((role) => INPUT_NAMES[role].includes(name));
}

/** Batch and length must vary, or the model answers to one shape only: gives the error for an axis that does not. */
export function findFixed(value: OnnxValueInfo, axes: readonly string[]): ToolchainError | undefined {
  for (const [index, axis] of axes.entries()) {
    const length = fixedLength(value.type?.tensorType?.shape?.dim?.[index]);
    if (length !== undefined && (axis === 'batch' || axis === 'tokens')) {
      return new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `'${value.name}' is fixed to ${axis} ${length}: export the model with dynamic axes.`,
      );
    }
  }
  return undefined;
}

export function fixedLength(dimension: OnnxDimension | undefined): number | undefined {
  return dimension && Object.hasOwn(dimension, 'dimValue') ? Number(dimension.dimValue) : undefined;
}

function acceptInt64(graph: OnnxGraph, value: OnnxValueInfo): void {
  const tensorType = value.type?.tensorType;
  if (tensorType?.elemType === ELEMENT.int64) return;
  if (tensorType?.elemType !== ELEMENT.int32) {
    throw new ToolchainError('SOURCE_UNSUPPORTED', `Input '${value.name}' is neither int64 nor int32.`);
  }
  const narrowed = `${value.name}/int32`;
  for (const node of graph.node)
    node.input = node.input.map((name) => (name === value.name ? narrowed : name));
  graph.node = [
    makeNode('Cast', [value.name], [narrowed], { attributes: { to: int(ELEMENT.int32) } }),
    ...graph.node,
  ];
  tensorType.elemType = ELEMENT.int64;
}
