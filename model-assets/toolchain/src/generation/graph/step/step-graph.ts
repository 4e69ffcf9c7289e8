/**
 * The step graph of a decoder: its inputs, which are declared where a family first reads them, and its outputs. The names and shapes are
 * those of layers/engine/src/runtimes/generation/graphs.ts.
 */
import {
  type CachePart,
  crossName,
  NEW,
  newName,
  pastName,
} from '@pilotlight/engine/internal/runtimes/generation/graphs';
import type { DecoderFacts } from '@pilotlight/model-format';
import { GraphBuilder } from '../../../graph/builder.ts';
import { int } from '../../../graph/node.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../graph/tensor.ts';
import type { BuiltPart } from '../family.ts';

type Axes = readonly (number | string)[];

export class StepGraph {
  readonly graph: GraphBuilder;
  readonly decoder: DecoderFacts;
  readonly #inputs = new Map<string, 'int64' | 'float32'>();
  readonly #outputs: string[] = [];
  readonly #once = new Map<string, string>();

  constructor(name: string, decoder: DecoderFacts) {
    this.graph = new GraphBuilder(name);
    this.decoder = decoder;
  }

  /** [batch, tokens] int64 */
  get ids(): string {
    return this.#input('ids', 'int64', ['batch', 'tokens']);
  }

  /** [batch, tokens] int64, from 0 */
  get positions(): string {
    return this.#input('positions', 'int64', ['batch', 'tokens']);
  }

  /** [batch, tokens + entries] int64: the place in its sequence of each token of the run, then of each entry of the cache. */
  get times(): string {
    return this.#input('times', 'int64', ['batch', 'seen']);
  }

  /** [2] int64: tokens of the run and entries of the cache. */
  get sizes(): string {
    return this.#input('sizes', 'int64', [2]);
  }

  /** [rows] int64 */
  get rows(): string {
    return this.#input('rows', 'int64', ['rows']);
  }

  /** [batch, 1, tokens, tokens + entries]; `windowed` hides what lies beyond the window. */
  mask({ windowed }: { readonly windowed: boolean }): string {
    return this.#input(windowed ? 'mask.window' : 'mask', 'float32', ['batch', 1, 'tokens', 'seen']);
  }

  /** [batch, 1, 1, source] */
  get crossMask(): string {
    return this.#input('cross.mask', 'float32', ['batch', 1, 1, 'source']);
  }

  /** [batch, heads, entries, dim] */
  past(layer: number, part: CachePart): string {
    const { heads, dim } = this.decoder;
    return this.#input(pastName(layer, part), 'float32', ['batch', heads, 'entries', dim]);
  }

  /** [batch, heads, source, dim] */
  cross(layer: number, part: CachePart): string {
    const { heads = 1, dim = 1 } = this.decoder.cross ?? {};
    return this.#input(crossName(layer, part), 'float32', ['batch', heads, 'source', dim]);
  }

  /** What a layer adds to the cache: the family makes a value of that name, [batch, heads, tokens, dim]. */
  newEntry(layer: number, part: CachePart): string {
    return newName(layer, part);
  }

  /** A value that all layers share: it is made the first time. */
  once(name: string, make: (name: string) => string): string {
    const made = this.#once.get(name) ?? make(name);
    this.#once.set(name, made);
    return made;
  }

  /** A constant vector of int64 that several places may read, by its values. */
  integers(values: readonly number[]): string {
    return this.once(`integers/${values.join(',')}`, (name) =>
      this.graph.constant(int64Tensor(name, [values.length], values)),
    );
  }

  scalar(value: number): string {
    return this.once(`scalar/${value}`, (name) =>
      this.graph.constant(floatTensor(name, [], Float32Array.of(value))),
    );
  }

  /** `hidden` [batch, tokens, width] to the rows that get scores: [rows, width]. */
  chooseRows(hidden: string, width: number): string {
    const flat = this.graph.op('Reshape', [hidden, this.integers([-1, width])], 'head/tokens');
    return this.graph.op('Gather', [flat, this.rows], 'head/rows');
  }

  /** Closes the graph. The family has made the value `logits`, [rows, vocabulary], and the entries of every layer. */
  finish(): BuiltPart {
    const { graph } = this;
    const { layers, heads, dim, vocabSize } = this.decoder;
    const bias = this.#input('bias', 'float32', ['bias.rows', 'bias.classes']);
    const top = this.#input('top', 'int64', [1]);
    const biased = graph.op('Add', ['logits', bias], 'head/biased');
    const scores = graph.op('LogSoftmax', [biased], 'head/log_softmax', { attributes: { axis: int(-1) } });
    graph.named('TopK', [scores, top], ['scores', 'classes.integers']);
    graph.op('Cast', ['classes.integers'], 'classes', { attributes: { to: int(ELEMENT.float32) } });
    this.#output('scores', ['rows', 'best']);
    this.#output('classes', ['rows', 'best']);
    this.#output('logits', ['rows', vocabSize]);
    const entries = Array.from({ length: layers }, (_, layer) =>
      (['key', 'value'] as const).map((part) => this.newEntry(layer, part)),
    ).flat();
    graph.op('Concat', entries, NEW, { attributes: { axis: int(1) } });
    this.#output(NEW, ['batch', entries.length * heads, 'tokens', dim]);
    return {
      model: graph.build(),
      inputs: [...this.#inputs].map(([name, type]) => ({ name, type })),
      outputs: this.#outputs.map((name) => ({ name })),
    };
  }

  #input(name: string, type: 'int64' | 'float32', axes: Axes): string {
    if (this.#inputs.has(name)) return name;
    this.#inputs.set(name, type);
    return this.graph.input(name, ELEMENT[type], axes);
  }

  #output(name: string, axes: Axes): void {
    this.#outputs.push(name);
    this.graph.output(name, ELEMENT.float32, axes);
  }
}
