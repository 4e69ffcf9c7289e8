/** The graph of an encoder: a source in, the keys and values out that each layer of the decoder attends to. */
import { crossName } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import { GraphBuilder } from '../../../graph/builder.ts';
import { attentionMask } from '../../../graph/encoder.ts';
import { int, ints } from '../../../graph/node.ts';
import { ELEMENT, int64Tensor } from '../../../graph/tensor.ts';
import type { Weights } from '../../../graph/weights.ts';
import type { BuiltPart } from '../family.ts';
import { type AttentionLayers, type Building, projectIn } from './attention-layers.ts';

/** Names of the values that the layers of an encoder read. */
export interface SourceInputs {
  /** [b, E] int64 */
  readonly ids: string;
  /** [b, E] int32, 0 for padding */
  readonly mask: string;
}

/** Builds it of `encode`, which gives the last states [b, E, width], and the attention to the source of each layer of the decoder. */
export function encoderGraph(
  name: string,
  weights: Weights,
  encode: (building: Building, inputs: SourceInputs) => string,
  cross: readonly AttentionLayers[],
): BuiltPart {
  const graph = new GraphBuilder(name);
  const ids = graph.input('ids', ELEMENT.int64, ['batch', 'source']);
  const mask = graph.input('mask', ELEMENT.int64, ['batch', 'source']);
  const building = { graph, weights };
  const states = encode(building, { ids, mask: attentionMask(graph.under('source/'), mask) });
  const outputs = cross.flatMap((layers, index) => keysAndValues(building, states, layers, index));
  return {
    model: graph.build(),
    inputs: [ids, mask].map((input) => ({ name: input, type: 'int64' })),
    outputs: outputs.map((output) => ({ name: output })),
  };
}

/** Those of one layer, by one product and one transposition: [b, E, width] to twice [b, heads, E, dim]. */
function keysAndValues(
  building: Building,
  states: string,
  layers: AttentionLayers,
  index: number,
): readonly string[] {
  const { graph } = building;
  const { heads, dim } = layers;
  const at = `cross.${index}`;
  const both = projectIn(building, states, layers, ['key', 'value'], `${at}/projected`);
  const shape = graph.constant(int64Tensor(`${at}/shape`, [4], [0, 0, 2 * heads, dim]));
  const byHead = graph.op('Reshape', [both, shape], `${at}/by_head`);
  const turned = graph.op('Transpose', [byHead], `${at}/turned`, {
    attributes: { perm: ints([0, 2, 1, 3]) },
  });
  const outputs = (['key', 'value'] as const).map((part) => crossName(index, part));
  graph.named('Split', [turned], outputs, { attributes: { axis: int(1), num_outputs: int(2) } });
  for (const output of outputs) graph.output(output, ELEMENT.float32, ['batch', heads, 'source', dim]);
  return outputs;
}
