/** Attention of the tokens of a run: to each other and to the cache, or to the source. See ADR-step-graph.md. */
import { HIDDEN } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import { MICROSOFT } from '../../../graph/builder.ts';
import { float, int, ints } from '../../../graph/node.ts';
import { ELEMENT } from '../../../graph/tensor.ts';
import type { StepGraph } from './step-graph.ts';

export interface AttentionShape {
  /** Heads of queries. */
  readonly heads: number;
  /** Heads of keys and values: each serves as many heads of queries, those beside each other. */
  readonly keyHeads: number;
  readonly dim: number;
  /** The scores are multiplied by it: by way of the queries, see `queryScale`. */
  readonly scale: number;
  /** The scores stay below it: `cap * tanh(scores / cap)`. @default - they have no bound */
  readonly cap?: number | undefined;
}

/**
 * What the layer that makes the queries is multiplied by. A product of one row has a kernel of its own in ONNX Runtime, which scales nothing: with
 * a factor in FusedMatMul, keys are copied first, and a step takes up to three times as long over them.
 */
export function queryScale({ scale, cap = 1 }: Pick<AttentionShape, 'scale' | 'cap'>): number {
  return scale / cap;
}

/**
 * `x` [batch, tokens, sum of counts * dim] to parts of `counts` heads each, [batch, heads, tokens, dim], by one Transpose. The parts have
 * the names that are given with them.
 */
export function splitHeads(
  step: StepGraph,
  x: string,
  parts: readonly { readonly name: string; readonly heads: number }[],
  dim: number,
  at: string,
): readonly string[] {
  const { graph } = step;
  const counts = parts.map(({ heads }) => heads);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const apart = graph.op('Reshape', [x, step.integers([0, 0, all, dim])], `${at}/apart`);
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return [transposeHeads(step, apart, first.name)];
  return splitParts(step, transposeHeads(step, apart, `${at}/turned`), parts);
}

/** `x` [batch, sum of heads, tokens, dim] to its parts. */
function splitParts(
  step: StepGraph,
  x: string,
  parts: readonly { readonly name: string; readonly heads: number }[],
): readonly string[] {
  return step.graph.named(
    'Split',
    [x, step.integers(parts.map(({ heads }) => heads))],
    parts.map(({ name }) => name),
    { attributes: { axis: int(1) } },
  );
}

function transposeHeads({ graph }: StepGraph, x: string, name: string): string {
  return graph.op('Transpose', [x], name, { attributes: { perm: ints([0, 2, 1, 3]) } });
}

/**
 * The tokens of a run see each other and the cache, as far as `mask` lets them: `query` [batch, heads, tokens, dim], scaled, `key` and `value`
 * [batch, key heads, tokens, dim], to [batch, tokens, heads * dim]. `mask` is [batch, 1 or heads, tokens, tokens + entries], the tokens of the
 * run first; with fewer heads of keys than of queries it is [batch, 1, heads of a key * tokens, tokens + entries].
 */
export function attendToPast(
  step: StepGraph,
  layer: number,
  inputs: { readonly query: string; readonly key: string; readonly value: string; readonly mask: string },
  shape: AttentionShape,
  at: string,
): string {
  const { graph } = step;
  const query = foldQueries(step, inputs.query, shape, at);
  const own = scores(step, query, inputs.key, `${at}/own_scores`);
  const old = scores(step, query, step.past(layer, 'key'), `${at}/past_scores`);
  const all = graph.op('Concat', [own, old], `${at}/scores`, { attributes: { axis: int(-1) } });
  const weights = softmax(step, capScores(step, all, shape, at), inputs.mask, at);
  const [toOwn = '', toOld = ''] = graph.ops('Split', [weights, step.sizes], `${at}/parts`, 2, {
    attributes: { axis: int(-1) },
  });
  const seen = graph.op('MatMul', [toOwn, inputs.value], `${at}/own`);
  const remembered = graph.op('MatMul', [toOld, step.past(layer, 'value')], `${at}/past`);
  const context = graph.op('Add', [seen, remembered], `${at}/context`);
  return joinHeads(step, context, shape, at);
}

/** The tokens of a run see the source: `query` [batch, tokens, heads * dim], scaled, to the same. */
export function attendToSource(
  step: StepGraph,
  layer: number,
  query: string,
  { heads }: Pick<AttentionShape, 'heads'>,
  at: string,
): string {
  const inputs = [query, step.cross(layer, 'key'), step.cross(layer, 'value'), '', sourceTokens(step)];
  return step.graph.op('MultiHeadAttention', inputs, at, {
    domain: MICROSOFT,
    attributes: { num_heads: int(heads), scale: float(1), mask_filter_value: float(HIDDEN) },
  });
}

/** [batch, source] int32, 1 for what `crossMask` lets through. */
function sourceTokens(step: StepGraph): string {
  const { graph } = step;
  return step.once('source/tokens', (name) => {
    const mask = graph.op('Squeeze', [step.crossMask, step.integers([1, 2])], 'source/mask');
    const seen = graph.op('Greater', [mask, step.scalar(HIDDEN / 2)], 'source/seen');
    return graph.op('Cast', [seen], name, { attributes: { to: int(ELEMENT.int32) } });
  });
}

/** The mask of a step for queries that are folded, [batch, 1, heads of a key * tokens, tokens + entries]. */
export function foldMask(
  step: StepGraph,
  mask: string,
  { heads, keyHeads }: Pick<AttentionShape, 'heads' | 'keyHeads'>,
): string {
  const times = heads / keyHeads;
  if (times === 1) return mask;
  return step.once(`${mask}/${times}_times`, (name) =>
    step.graph.op('Concat', Array<string>(times).fill(mask), name, { attributes: { axis: int(2) } }),
  );
}

/** Heads that share keys become tokens of one head: [batch, key heads, heads of a key * tokens, dim]. */
function foldQueries(
  step: StepGraph,
  query: string,
  { heads, keyHeads, dim }: AttentionShape,
  at: string,
): string {
  if (heads === keyHeads) return query;
  return step.graph.op('Reshape', [query, step.integers([0, keyHeads, -1, dim])], `${at}/folded`);
}

function scores({ graph }: StepGraph, query: string, key: string, name: string): string {
  return graph.op('FusedMatMul', [query, key], name, {
    domain: MICROSOFT,
    attributes: { transB: int(1) },
  });
}

/** `cap * tanh(x)`, where there is a cap; the scores are divided by it already. */
function capScores(step: StepGraph, x: string, { cap }: AttentionShape, at: string): string {
  if (cap === undefined) return x;
  const { graph } = step;
  return graph.op('Mul', [graph.op('Tanh', [x], `${at}/tanh`), step.scalar(cap)], `${at}/capped`);
}

function softmax({ graph }: StepGraph, x: string, mask: string, at: string): string {
  const masked = graph.op('Add', [x, mask], `${at}/masked`);
  return graph.op('Softmax', [masked], `${at}/weights`, { attributes: { axis: int(-1) } });
}

/** [batch, key heads, heads of a key * tokens, dim] to [batch, tokens, heads * dim] */
function joinHeads(
  step: StepGraph,
  context: string,
  { heads, keyHeads, dim }: AttentionShape,
  at: string,
): string {
  const { graph } = step;
  const unfolded =
    heads === keyHeads
      ? context
      : graph.op('Reshape', [context, step.integers([0, heads, -1, dim])], `${at}/unfolded`);
  const turned = transposeHeads(step, unfolded, `${at}/rows`);
  return graph.op('Reshape', [turned, step.integers([0, 0, heads * dim])], `${at}/joined`);
}
