/**
 * The step graph of a decoder, as the engine's beam search runs it: what it reads and gives is said at `stepGraph` in the engine. Rows
 * are all beams of all inputs, one input after another.
 */
import { int } from '../../../graph/node.ts';
import { finishGraph } from '../finish-graph.ts';
import type { ArchiveGraph, GraphOutput, InputType, Scope } from '../module.ts';
import type { Heads, KeysAndValues } from '../nodes/multi-head.ts';
import { cast, concat, integers, op, reshape, shape, unsqueeze } from '../nodes/ops.ts';

const BEAMS = ['inputs', 'beams'] as const;

export class StepGraph {
  /** The root of the archive in the graph. */
  readonly scope: Scope;
  readonly #next: Record<string, GraphOutput> = {};

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** The classes that the beams were given last, `[inputs, beams]` int64. */
  get last(): string {
    return this.scope.input('last', 'int64', BEAMS);
  }

  /** `last` as `[rows]`. */
  get lastRows(): string {
    return this.scope.once('last/rows', () => reshape(this.scope, this.last, [-1]));
  }

  /** What the encoder gave for the inputs, `[inputs, ...axes]`. */
  memory(name: string, axes: readonly (number | string)[], type: InputType = 'float32'): string {
    return this.scope.input(`memory.${name}`, type, ['inputs', ...axes]);
  }

  /** `[inputs, ...axes]` to `[rows, ...axes]`, for parts that know rows alone. */
  toRows(x: string): string {
    const { scope } = this;
    return scope.once(`${x}/rows`, () => {
      const dims = concat(scope, [shape(scope, this.last, 0), shape(scope, x, 1)], 0);
      return this.#joinBeams(op(scope, 'Expand', [unsqueeze(scope, x, 1), dims]));
    });
  }

  /** `[rows, ...sizes]` to `[inputs, beams, ...sizes]`; one size may be -1, which is what is left. */
  toBeams(x: string, ...sizes: readonly number[]): string {
    const { scope } = this;
    const dims = concat(scope, [shape(scope, this.last, 0), integers(scope, sizes)], 0);
    return op(scope, 'Reshape', [x, dims]);
  }

  /** What the step before left for each beam, `[rows, ...axes]`. */
  state(name: string, ...axes: readonly (number | string)[]): string {
    return this.#joinBeams(this.scope.input(`state.${name}`, 'float32', [...BEAMS, ...axes]));
  }

  /** What this step leaves for the next, `[rows, ...axes]`; one axis may vary. */
  leave(name: string, x: string, ...axes: readonly (number | string)[]): void {
    const sizes = axes.map((axis) => (typeof axis === 'number' ? axis : -1));
    this.leaveBeams(name, this.toBeams(x, ...sizes), ...axes);
  }

  /** The same, of `[inputs, beams, ...axes]`. */
  leaveBeams(name: string, x: string, ...axes: readonly (number | string)[]): void {
    this.#next[`next.${name}`] = { value: x, axes: [...BEAMS, ...axes] };
  }

  /** `[inputs, beams, ...]` to `[rows, ...]` */
  #joinBeams(x: string): string {
    const { scope } = this;
    return op(scope, 'Reshape', [x, concat(scope, [integers(scope, [-1]), shape(scope, x, 2)], 0)]);
  }

  /** The entries of the steps before in a layer of self-attention; those of this step are left for the next. */
  entries(layer: number, own: KeysAndValues, { heads, dim }: Heads): KeysAndValues {
    const cache = (part: string) =>
      this.scope.input(`cache.${layer}.${part}`, 'float32', ['inputs', heads, 'entries', dim]);
    for (const part of ['key', 'value'] as const) {
      const axes = ['inputs', heads, 'beams', dim];
      this.#next[`entry.${layer}.${part}`] = { value: own[part], axes };
    }
    return { key: cache('key'), value: cache('value') };
  }

  /** Which of its own entries and those before each beam sees, `[inputs, 1, beams, beams + entries]`, to be added to scores. */
  get visible(): string {
    const { scope } = this;
    return scope.once('visible/heads', () =>
      unsqueeze(scope, scope.input('visible', 'float32', [...BEAMS, 'beams + entries']), 1),
    );
  }

  /** The number of steps before this one, `[1]` int64. */
  get number(): string {
    return this.scope.input('step', 'int64', [1]);
  }

  /** Ends the graph with the best classes of `logProbabilities` `[inputs, beams, classes]`. */
  finish(logProbabilities: string): ArchiveGraph {
    const { scope } = this;
    const wanted = op(scope, 'Min', [scope.input('top', 'int64', [1]), shape(scope, logProbabilities, 2)]);
    const [scores = '', classes = ''] = scope.graph.ops('TopK', [logProbabilities, wanted], 'best', 2, {
      attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
    });
    const axes = [...BEAMS, 'top'];
    return finishGraph(scope, {
      scores: { value: scores, axes },
      classes: { value: cast(scope, classes, 'float32'), axes },
      ...this.#next,
    });
  }
}

/** The log probabilities of logits, over their last axis. */
export function logSoftmax(scope: Scope, logits: string): string {
  return op(scope, 'LogSoftmax', [logits], { axis: int(-1) });
}
