/** The attention of the layers of a decoder: to its own steps, through the cache, and to the source, whose keys the encoder graph gives. */
import type { GraphOutput, Mask, Scope } from '../module.ts';
import { LOWEST } from '../nodes/masks.ts';
import { attendEntries, attendHeads, type Heads, joinHeads, splitHeads } from '../nodes/multi-head.ts';
import { op, scalar, unsqueeze } from '../nodes/ops.ts';
import type { StepGraph } from './step.ts';

/** The linear layers of an attention: `[batch, rows, width]` to `[batch, rows, heads * dim]`, and back for `output`. */
export type Project = (part: 'query' | 'key' | 'value' | 'output', x: string) => string;

/** One attention of a layer, with the number of the layer. */
export interface AttentionLayer extends Heads {
  readonly layer: number;
  readonly project: Project;
}

/** What the beams find among their own steps, `x` `[inputs, beams, width]`. `bias` broadcasts to all heads, and hides other beams. */
export function attendSteps(
  step: StepGraph,
  x: string,
  { layer, project, ...heads }: AttentionLayer,
  bias: string,
): string {
  const { scope } = step;
  const [query, key, value] = (['query', 'key', 'value'] as const).map((part) =>
    splitHeads(scope, project(part, x), heads),
  );
  const own = { key: key ?? '', value: value ?? '' };
  const found = attendEntries(scope, query ?? '', own, step.entries(layer, own, heads), bias);
  return project('output', joinHeads(scope, found, heads));
}

/** What the beams find in the source, `x` `[inputs, beams, width]`. All beams of an input read the same keys and values. */
export function attendSource(
  step: StepGraph,
  x: string,
  { layer, project, ...heads }: AttentionLayer,
): string {
  const { scope } = step;
  const memory = (part: string) => step.memory(`${layer}.${part}`, [heads.heads, 'source', heads.dim]);
  const hidden = scope.once('source/hidden', () => hiddenSource(scope, step.memory('mask', ['source'])));
  const query = splitHeads(scope, project('query', x), heads);
  const found = attendHeads(scope, query, memory('key'), memory('value'), hidden);
  return project('output', joinHeads(scope, found, heads));
}

/** What the encoder graph gives for that: keys and values of the source, `vectors` `[batch, tokens, width]`. */
export function sourceMemory(
  scope: Scope,
  vectors: string,
  { layer, project, ...heads }: AttentionLayer,
): Record<string, GraphOutput> {
  const axes = ['batch', heads.heads, 'source', heads.dim];
  return Object.fromEntries(
    (['key', 'value'] as const).map((part) => [
      `memory.${layer}.${part}`,
      { value: splitHeads(scope, project(part, vectors), heads), axes },
    ]),
  );
}

/** The padding of the source, `[batch, tokens]` to `[batch, 1, 1, tokens]`, to be added to scores. */
function hiddenSource(scope: Scope, mask: Mask): string {
  const padding = op(scope, 'Sub', [scalar(scope, 1), mask]);
  return unsqueeze(scope, op(scope, 'Mul', [padding, scalar(scope, LOWEST)]), 1, 2);
}
