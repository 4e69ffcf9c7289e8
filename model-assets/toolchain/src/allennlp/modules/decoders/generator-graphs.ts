/**
 * The graphs of a family that generates, as the engine's beam search runs those of archives: values have other names, and what the loop of
 * generation makes in JavaScript for a step is computed in front of it. Both contracts: `stepGraph` and generation/graphs.ts of the engine.
 */
import { crossName, HIDDEN, newName, pastName } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import type { DecoderFacts } from '@pilotlight/model-format';
import type { BuiltGenerator } from '../../../generation/graph/index.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { int } from '../../../graph/node.ts';
import type { OnnxGraph } from '../../../graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import { removeUnused } from '../../../graph/unused.ts';
import type { ArchiveGraph, ArchiveGraphs, InputType } from '../module.ts';

const SOURCE_IDS = 'source_tokens.tokens.token_ids';
const SOURCE_MASK = 'source_tokens.tokens.mask';

type Axes = readonly (number | string)[];

/** A value of a layer by its name in generation, its name in archives, and its axes. */
type LayerValue = readonly [name: string, archive: string, axes: Axes];

export function archiveGraphs({
  encoder,
  step,
  decoder,
}: Pick<BuiltGenerator, 'encoder' | 'step' | 'decoder'>): ArchiveGraphs {
  return {
    ...(encoder && { encoder: encodeSource(encoder.model.graph, decoder) }),
    step: stepBeams(step.model.graph, decoder),
  };
}

function encodeSource(encoder: OnnxGraph, decoder: DecoderFacts): ArchiveGraph {
  const graph = new GraphBuilder(encoder.name);
  const axes = ['batch', 'source'];
  const ids = graph.input(SOURCE_IDS, ELEMENT.int64, axes);
  const given = graph.input(SOURCE_MASK, ELEMENT.bool, axes);
  const cast = (to: number, name: string) => graph.op('Cast', [given], name, { attributes: { to: int(to) } });
  const memory = memoryOf(decoder, 'batch');
  const names: readonly (readonly [string, string])[] = [
    ...memory.map(([name, archive]) => [name, archive] as const),
    ['ids', ids],
    ['mask', cast(ELEMENT.int64, 'given/mask')],
  ];
  graph.include(encoder, new Map(names));
  for (const [, archive, ofLayer] of memory) graph.output(archive, ELEMENT.float32, ofLayer);
  graph.output(cast(ELEMENT.float32, 'memory.mask'), ELEMENT.float32, axes);
  return finish(graph);
}

/** The tokens of a run are the beams of its inputs, all of them at the same step. */
function stepBeams(step: OnnxGraph, decoder: DecoderFacts): ArchiveGraph {
  const graph = new GraphBuilder(step.name);
  const read = [...memoryOf(decoder, 'inputs'), ...entriesOf(decoder, pastName, 'cache', 'entries')];
  for (const [, archive, axes] of read) graph.input(archive, ELEMENT.float32, axes);
  const left = entriesOf(decoder, newName, 'entry', 'beams');
  const { shape, values } = describeRun(graph, decoder.vocabSize);
  const results = ['scores', 'classes'] as const;
  const names: readonly (readonly [string, string])[] = [
    ...[...read, ...left].map(([name, archive]) => [name, archive] as const),
    ...Object.entries(values),
    ...results.map((name) => [name, `rows/${name}`] as const),
  ];
  graph.include(step, new Map(names));
  const best = graph.constant(int64Tensor('beams/best', [1], [-1]));
  const byBeam = graph.op('Concat', [shape, best], 'beams/by_beam', { attributes: { axis: int(0) } });
  for (const name of results) {
    graph.op('Reshape', [`rows/${name}`, byBeam], name);
    graph.output(name, ELEMENT.float32, ['inputs', 'beams', 'top']);
  }
  for (const [, archive, axes] of left) graph.output(archive, ELEMENT.float32, axes);
  return finish(graph);
}

/** What the step graph of generation reads beside keys and values, of what archives give: by its names. */
function describeRun(builder: GraphBuilder, vocabSize: number) {
  const last = builder.input('last', ELEMENT.int64, ['inputs', 'beams']);
  const visible = builder.input('visible', ELEMENT.float32, ['inputs', 'beams', 'beams + entries']);
  const number = builder.input('step', ELEMENT.int64, [1]);
  const entrySteps = builder.input('entry_steps', ELEMENT.int64, ['entries']);
  const memoryMask = builder.input('memory.mask', ELEMENT.float32, ['inputs', 'source']);
  const top = builder.input('top', ELEMENT.int64, [1]);
  const graph = builder.under('beams/');
  const integers = (name: string, dims: readonly number[], ...values: readonly number[]) =>
    graph.constant(int64Tensor(name, dims, values));
  const scalar = (name: string, value: number) =>
    graph.constant(floatTensor(name, [], Float32Array.of(value)));
  const concat = (values: readonly string[], name: string) =>
    graph.op('Concat', values, name, { attributes: { axis: int(0) } });

  const shape = graph.op('Shape', [last], 'shape');
  const [inputs = '', beams = ''] = graph.ops('Split', [shape], 'split', 2, {
    attributes: { axis: int(0), num_outputs: int(2) },
  });
  const times = concat([graph.op('Expand', [number, beams], 'now'), entrySteps], 'seen');
  const rows = graph.op('ReduceProd', [shape, integers('first', [1], 0)], 'count', {
    attributes: { keepdims: int(0) },
  });
  const padding = graph.op('Sub', [scalar('shown', 1), memoryMask], 'padding');
  const hidden = graph.op('Mul', [padding, scalar('hidden', HIDDEN)], 'hides');
  const values = {
    ids: last,
    positions: graph.op('Expand', [number, shape], 'positions'),
    times: graph.op('Expand', [times, concat([inputs, graph.op('Shape', [times], 'all')], 'wide')], 'times'),
    mask: graph.op('Unsqueeze', [visible, integers('heads', [1], 1)], 'mask'),
    sizes: concat([beams, graph.op('Shape', [entrySteps], 'entries')], 'sizes'),
    'cross.mask': graph.op('Unsqueeze', [hidden, integers('tokens', [2], 1, 2)], 'source'),
    rows: graph.op('Range', [integers('zero', [], 0), rows, integers('one', [], 1)], 'rows'),
    bias: graph.constant(floatTensor('bias', [1, 1], new Float32Array(1))),
    top: graph.op('Min', [top, integers('classes', [1], vocabSize)], 'top'),
  };
  return { shape, values };
}

function memoryOf({ layers, cross }: DecoderFacts, batch: string): readonly LayerValue[] {
  const { heads = 0, dim = 0 } = cross ?? {};
  return valuesOf(layers, crossName, 'memory', [batch, heads, 'source', dim]);
}

function entriesOf(
  { layers, heads, dim }: DecoderFacts,
  nameOf: typeof pastName,
  archive: string,
  length: string,
): readonly LayerValue[] {
  return valuesOf(layers, nameOf, archive, ['inputs', heads, length, dim]);
}

function valuesOf(layers: number, nameOf: typeof pastName, archive: string, axes: Axes): LayerValue[] {
  return Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
    (['key', 'value'] as const).map(
      (part) => [nameOf(layer, part), `${archive}.${layer}.${part}`, axes] as const,
    ),
  );
}

const TYPES: ReadonlyMap<number, InputType> = new Map([
  [ELEMENT.int64, 'int64'],
  [ELEMENT.float32, 'float32'],
  [ELEMENT.bool, 'bool'],
]);

function finish(builder: GraphBuilder): ArchiveGraph {
  const model = builder.build();
  removeUnused(model.graph);
  const { input, output } = model.graph;
  return {
    model,
    inputs: input.map(({ name, type }) => ({
      name,
      type: TYPES.get(type?.tensorType?.elemType ?? 0) ?? 'float32',
    })),
    outputs: output.map(({ name }) => ({ name })),
  };
}
