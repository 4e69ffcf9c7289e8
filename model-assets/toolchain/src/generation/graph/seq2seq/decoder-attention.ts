/** The attention of the layers of a decoder with an encoder: to the tokens before, and to the source. */
import type { Weights } from '../../../graph/weights.ts';
import { type AttentionShape, attendToPast, attendToSource, splitHeads } from '../step/attention.ts';
import type { StepGraph } from '../step/step-graph.ts';
import { type AttentionLayers, projectIn, projectOut } from './attention-layers.ts';

/** A step graph under construction, and the weights that go into it. */
export interface BuildingStep {
  readonly step: StepGraph;
  readonly weights: Weights;
}

/** What the tokens of a run find among themselves and in the cache: `x` [b, n, width] to the same. `mask` may differ by head. */
export function selfAttention(
  { step, weights }: BuildingStep,
  index: number,
  x: string,
  layers: AttentionLayers,
  mask: string,
  at: string,
): string {
  const building = { graph: step.graph, weights };
  const { heads, dim, scale } = layers;
  const name = `${at}/query_key_value`;
  const projected = projectIn(building, x, layers, ['query', 'key', 'value'], name, scale);
  const names = [`${at}/query`, step.newEntry(index, 'key'), step.newEntry(index, 'value')];
  const parts = names.map((name) => ({ name, heads }));
  const [query = '', key = '', value = ''] = splitHeads(step, projected, parts, dim, at);
  const context = attendToPast(step, index, { query, key, value, mask }, shapeOf(layers), at);
  return projectOut(building, context, layers, `${at}/output`);
}

/** What they find in the source: `x` [b, n, width] to the same. */
export function sourceAttention(
  { step, weights }: BuildingStep,
  index: number,
  x: string,
  layers: AttentionLayers,
  at: string,
): string {
  const building = { graph: step.graph, weights };
  const projected = projectIn(building, x, layers, ['query'], `${at}/projected`, layers.scale);
  const context = attendToSource(step, index, projected, layers, `${at}/context`);
  return projectOut(building, context, layers, `${at}/output`);
}

function shapeOf({ heads, dim, scale }: AttentionLayers): AttentionShape {
  return { heads, keyHeads: heads, dim, scale };
}
