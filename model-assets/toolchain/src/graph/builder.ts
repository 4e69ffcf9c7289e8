/** Builds a graph node by node; every value is known by its name. */
import { ToolchainError } from '../errors.ts';
import { makeNode, type NodeOptions } from './node.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnx.ts';

/** The operator set that built graphs use: the first with Gelu; IR version 9 came with it. */
export const OPSET = 20;
const IR_VERSION = 9;
/** Operators of ONNX Runtime beyond the standard. */
export const MICROSOFT = 'com.microsoft';

export type OpOptions = Omit<NodeOptions, 'name'>;

/** What a graph has so far; its values are known by name. */
class Parts {
  readonly values = new Set<string>();
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly inputs: OnnxValueInfo[] = [];
  readonly outputs: OnnxValueInfo[] = [];
  /** The graph that this one is the body of; its values can be read here. */
  readonly outer: Parts | undefined;

  constructor(outer?: Parts) {
    this.outer = outer;
  }

  /** Whether a value of that name is defined, here or around it. */
  has(name: string): boolean {
    return this.values.has(name) || this.outer?.has(name) === true;
  }

  /** The graph around all others. */
  get outermost(): Parts {
    return this.outer?.outermost ?? this;
  }
}

export class GraphBuilder {
  readonly #name: string;
  readonly #prefix: string;
  readonly #parts: Parts;

  constructor(name: string, parts = new Parts(), prefix = '') {
    this.#name = name;
    this.#parts = parts;
    this.#prefix = prefix;
  }

  /** A graph that is the body of a node of this one. */
  body(name: string): GraphBuilder {
    return new GraphBuilder(name, new Parts(this.#parts));
  }

  /** Whether a value of that name is defined, here or around it. */
  has(name: string): boolean {
    return this.#parts.has(name);
  }

  /** The same graph, where the names of new nodes and constants begin with `prefix`, so that it can have a part twice. */
  under(prefix: string): GraphBuilder {
    return new GraphBuilder(this.#name, this.#parts, this.#prefix + prefix);
  }

  /** Declares an input; an axis is a number or the name of one that varies, such as 'batch'. */
  input(name: string, elementType: number, axes: readonly (number | string)[]): string {
    this.#define(name);
    this.#parts.inputs.push(valueInfo(name, elementType, axes));
    return name;
  }

  /**
   * Adds a constant tensor; its name is the value's. Those of a body stand in the graph around it: ONNX Runtime writes constants
   * of a body twice where it saves an optimised graph, which nothing loads then.
   */
  constant(tensor: OnnxTensor): string {
    const name = this.#prefix + tensor.name;
    const { outermost } = this.#parts;
    this.#define(name, outermost);
    outermost.initializers.push(this.#prefix === '' ? tensor : { ...tensor, name });
    return name;
  }

  /** Adds a node with one output, and gives the name of that. Throws GRAPH_INVALID when an input is unknown. */
  op(opType: string, inputs: readonly string[], name: string, options: OpOptions = {}): string {
    const output = this.#prefix + name;
    this.#node(opType, inputs, [output], output, options);
    return output;
  }

  /** Adds a node with `count` outputs, named `name:0`, `name:1` and so on. */
  ops(
    opType: string,
    inputs: readonly string[],
    name: string,
    count: number,
    options: OpOptions = {},
  ): string[] {
    const outputs = Array.from({ length: count }, (_, index) => `${this.#prefix}${name}:${index}`);
    this.#node(opType, inputs, outputs, this.#prefix + name, options);
    return outputs;
  }

  /** Adds a node whose outputs have these names, as outputs of the graph do. */
  named(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: OpOptions = {},
  ): readonly string[] {
    const names = outputs.map((output) => this.#prefix + output);
    this.#node(opType, inputs, names, names.join('+'), options);
    return names;
  }

  /**
   * Adds the nodes and constants of another graph. `names` are other names for some of its values; those of its inputs are to be values of this
   * graph. Throws GRAPH_INVALID when one is unknown, or a name is taken.
   */
  include({ node: nodes, initializer }: OnnxGraph, names: ReadonlyMap<string, string>): void {
    const rename = (name: string) => names.get(name) ?? name;
    for (const tensor of initializer) this.constant({ ...tensor, name: rename(tensor.name) });
    for (const node of nodes) {
      const [input, output] = [node.input.map(rename), node.output.map(rename)];
      for (const name of input) if (name !== '') this.#require(name, `'${node.name}' (${node.opType}) reads`);
      for (const name of output) this.#define(name);
      this.#parts.nodes.push({ ...node, name: rename(node.name), input, output });
    }
  }

  #node(
    opType: string,
    inputs: readonly string[],
    outputs: string[],
    name: string,
    options: OpOptions,
  ): void {
    for (const input of inputs) {
      if (input !== '') this.#require(input, `'${name}' (${opType}) reads`);
    }
    for (const output of outputs) this.#define(output);
    this.#parts.nodes.push(makeNode(opType, inputs, outputs, { ...options, name }));
  }

  /** Declares a value to be an output of the graph. */
  output(name: string, elementType: number, axes: readonly (number | string)[]): void {
    this.#require(name, 'The graph gives');
    this.#parts.outputs.push(valueInfo(name, elementType, axes));
  }

  /** The model so far. Throws GRAPH_INVALID when it has no output. */
  build(): OnnxModel {
    return {
      irVersion: IR_VERSION,
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      producerName: 'pilotlight',
      producerVersion: '',
      graph: this.buildGraph(),
    };
  }

  /** The graph so far, as the body of a node. Throws GRAPH_INVALID when it has no output. */
  buildGraph(): OnnxGraph {
    const { nodes, initializers, inputs, outputs } = this.#parts;
    if (outputs.length === 0) throw new ToolchainError('GRAPH_INVALID', 'The graph has no output.');
    return {
      name: this.#name,
      node: nodes,
      initializer: initializers,
      input: inputs,
      output: outputs,
      valueInfo: [],
    };
  }

  #define(name: string, parts = this.#parts): void {
    if (this.#parts.has(name))
      throw new ToolchainError('GRAPH_INVALID', `The graph defines '${name}' twice.`);
    parts.values.add(name);
  }

  #require(name: string, who: string): void {
    if (!this.#parts.has(name))
      throw new ToolchainError('GRAPH_INVALID', `${who} '${name}', which nothing defines.`);
  }
}

export function valueInfo(name: string, elemType: number, axes: readonly (number | string)[]): OnnxValueInfo {
  const dim = axes.map((axis) => (typeof axis === 'number' ? { dimValue: axis } : { dimParam: axis }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
