/** The linear layers of one attention, in an encoder or a decoder. */
import type { GraphBuilder } from '../../../graph/builder.ts';
import { dense } from '../../../graph/dense.ts';
import type { Weights } from '../../../graph/weights.ts';

/** A graph under construction, and the weights that go into it. */
export interface Building {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
}

export interface AttentionLayers {
  /** Their names in the checkpoint. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  /** Whether they have biases. */
  readonly bias: boolean;
  readonly heads: number;
  /** Of each head. */
  readonly dim: number;
  /** Of what they project. */
  readonly width: number;
  /** Multiplies the scores. */
  readonly scale: number;
}

/** Some of its first layers by one product: `x` [.., width] to [.., layers * heads * dim]. `scale` multiplies the queries. */
export function projectIn(
  { graph, weights }: Building,
  x: string,
  attention: AttentionLayers,
  names: readonly ('query' | 'key' | 'value')[],
  name: string,
  scale = 1,
): string {
  const { heads, dim, width, bias } = attention;
  const projections = names.map((part) => ({
    ...{ name: attention[part], outputs: heads * dim, bias },
    ...(part === 'query' && { scale }),
  }));
  return dense(graph, weights, x, width, projections, name);
}

/** Its last layer: `context` [.., heads * dim] to [.., width]. */
export function projectOut(
  { graph, weights }: Building,
  context: string,
  { output, heads, dim, width, bias }: AttentionLayers,
  name: string,
): string {
  return dense(graph, weights, context, heads * dim, [{ name: output, outputs: width, bias }], name);
}
