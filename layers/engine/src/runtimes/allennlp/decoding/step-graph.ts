/**
 * The step of a beam search by a graph. What a decoder keeps between steps is held here, in memory that a session of another thread
 * reads where it is:
 *
 * - `memory.*`, `[inputs, ...]`: outputs of the encoder that every step reads, once for all beams of an input;
 * - `state.*`, `[inputs, beams, ...]`: what a step gives as `next.*`, and the next one reads in the order of the beams. The encoder
 *   gives the first ones, `[inputs, ...]`;
 * - `cache.*`, `[inputs, heads, entries, dim]`: keys and values of self-attention. A step gives those of its own classes as `entry.*`,
 *   `[inputs, heads, beams, dim]`, and reads those of all steps before. Beams change places without any copy: `visible` says which
 *   entries each one comes from.
 *
 * A step also reads `last` `[inputs, beams]`, and where it has caches `step` `[1]`, `entry_steps` `[entries]`, and `visible`
 * `[inputs, beams, beams + entries]`, 0 or -1e9 to be added to attention scores: those of the step's own classes come first. It gives
 * `scores` and `classes`, `[inputs, beams, count]`, the `top` `[1]` best log probabilities.
 */
import type { Feeds, Outputs, Tensor, TensorData } from '../../../ports.ts';
import type { Graphs } from '../archive-model.ts';
import { outputOf } from '../graph-outputs.ts';
import type { Candidates, Step, StepCall } from './beam-step.ts';
import { type CacheShape, EntryCache } from './entry-cache.ts';
import { gatherRows, share, sharedLike } from './gather-rows.ts';

export type { CacheShape } from './entry-cache.ts';

/** What of the outputs of the encoder the step graph reads. */
export interface Encoded {
  /** The outputs of the encoder by their names: `memory.*` and `state.*`. */
  readonly outputs: Outputs;
  /** Tensors that the encoder does not give: `memory.mask`. @default - none */
  readonly feeds?: Feeds;
  /** @default - the decoder has no self-attention */
  readonly caches?: readonly CacheShape[];
}

/** Makes the step of a search over all inputs of a batch. It is for one search. */
export function stepGraph(graphs: Graphs, { outputs, feeds = {}, caches = [] }: Encoded): Step {
  let inputs: readonly number[] | undefined;
  let memory = mapValues(select({ ...outputs, ...feeds }, 'memory.'), share);
  let states = select(outputs, 'state.');
  const cache = caches.length > 0 ? new EntryCache(caches) : undefined;
  return async (call) => {
    const before = inputs ?? call.inputs;
    inputs = call.inputs;
    if (before.length !== inputs.length) {
      const kept = inputs.map((input) => before.indexOf(input));
      memory = mapValues(memory, (tensor) => gatherRows(tensor, kept, sharedLike));
      cache?.keep(kept);
    }
    const { parents } = call;
    states = mapValues(states, (tensor) => ofBeams(tensor, call, parents));
    cache?.follow(parents, call.last.length);
    const results = await graphs.run('step', {
      ...memory,
      ...states,
      ...cache?.feeds(call),
      last: int64([inputs.length, call.beams], call.last),
      top: int64([1], [call.top]),
    });
    states = mapValues(states, (_, name) =>
      flatten(outputOf(results, name.replace('state.', 'next.')), call),
    );
    cache?.append(call, (name) => outputOf(results, `entry.${name}`));
    return candidates(results);
  };
}

/** `[rows, ...]` in the order of the beams, `[inputs, beams, ...]`. */
function ofBeams(
  tensor: Tensor<TensorData>,
  { inputs, beams }: StepCall,
  parents: readonly number[] | undefined,
): Tensor<TensorData> {
  const { dims, data } = parents ? gatherRows(tensor, parents) : tensor;
  return { dims: [inputs.length, beams, ...dims.slice(1)], data };
}

/** `[inputs, beams, ...]` as `[rows, ...]`. */
function flatten({ dims, data }: Tensor, { inputs, beams }: StepCall): Tensor {
  return { dims: [inputs.length * beams, ...dims.slice(2)], data };
}

function candidates(results: Outputs): Candidates {
  const { dims, data } = outputOf(results, 'scores');
  return { count: dims.at(-1) ?? 0, scores: data, classes: outputOf(results, 'classes').data };
}

function select(feeds: Feeds, prefix: string): Feeds {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => name.startsWith(prefix)));
}

function mapValues(
  feeds: Feeds,
  map: (tensor: Tensor<TensorData>, name: string) => Tensor<TensorData>,
): Feeds {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, map(tensor, name)]));
}

function int64(dims: readonly number[], values: readonly number[]): Tensor<BigInt64Array> {
  return { dims, data: BigInt64Array.from(values, BigInt) };
}
