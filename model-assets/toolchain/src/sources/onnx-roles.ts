/** Finds the roles of the inputs and outputs of an exported graph by the names that exporters give them. */
import { type Graph, TASK_FACTS, type TaskFacts, type TaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { int, makeNode } from '../graph/node.ts';
import type { OnnxDimension, OnnxGraph, OnnxModel, OnnxValueInfo } from '../graph/onnx.ts';
import { ELEMENT } from '../graph/tensor.ts';

type Input = Graph['inputs'][number];
type Output = Graph['outputs'][number];

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
    refuseFixed(value, ['batch', 'tokens']);
    acceptInt64(graph, value);
    return { name: value.name, role, type: 'int64', axes: ['batch', 'tokens'] };
  });
}

function findRole(name: string): Input['role'] | undefined {
  const roles: readonly Input['role'][] = ['input_ids', 'attention_mask', 'token_type_ids'];
  return roles.find((role) => INPUT_NAMES[role].includes(name));
}

/**
 * The outputs that the task reads; the graph is left with those. Throws SOURCE_UNSUPPORTED when one is not there, or
 * is not float32 of the shape that the task needs, SOURCE_INVALID when it has another number of labels.
 */
export function mapOutputs(graph: OnnxGraph, task: TaskName, labels: number): Output[] {
  const found = TASK_FACTS[task].outputs.map((wanted) => findOutput(graph, wanted, task, labels));
  graph.output = found.map(({ value }) => value);
  return found.map(({ value, wanted: { role, axes } }) => ({
    name: value.name,
    role,
    type: 'float32',
    axes: [...axes],
  }));
}

function findOutput(graph: OnnxGraph, wanted: TaskFacts['outputs'][number], task: TaskName, labels: number) {
  const { axes, names } = wanted;
  const found = names.flatMap((name) => graph.output.filter((value) => value.name === name))[0];
  if (found === undefined) {
    const has = graph.output.map(({ name }) => name).join(', ');
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `For ${task} the export needs an output ${names[0]}; it has ${has}.`,
    );
  }
  const { elemType, shape } = found.type?.tensorType ?? {};
  if (elemType !== ELEMENT.float32) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `Output '${found.name}' is not float32: export the model in fp32.`,
    );
  }
  if (shape && shape.dim?.length !== axes.length) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `Output '${found.name}' has ${shape.dim?.length ?? 0} axes, but ${task} needs [${axes.join(', ')}].`,
    );
  }
  refuseFixed(found, axes);
  const width = fixedLength(shape?.dim?.at(-1));
  if (axes.includes('labels') && width !== undefined && width !== labels) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `The export gives ${width} logits, but config.json has ${labels} labels.`,
    );
  }
  return { value: found, wanted };
}

/** Batch and length must vary, or the model answers to one shape only. */
function refuseFixed(value: OnnxValueInfo, axes: readonly string[]): void {
  for (const [index, axis] of axes.entries()) {
    const length = fixedLength(value.type?.tensorType?.shape?.dim?.[index]);
    if (length !== undefined && (axis === 'batch' || axis === 'tokens')) {
      throw new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `'${value.name}' is fixed to ${axis} ${length}: export the model with dynamic axes.`,
      );
    }
  }
}

function fixedLength(dimension: OnnxDimension | undefined): number | undefined {
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
