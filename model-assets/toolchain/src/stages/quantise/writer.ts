import { MICROSOFT } from '../../graph/builder.ts';
import { makeNode, type NodeOptions } from '../../graph/node.ts';
import { type OnnxModel, type OnnxNode, type OnnxTensor, readOpset } from '../../graph/onnx.ts';
import { removeUnused } from '../../graph/unused.ts';
import { Names } from './names.ts';

type OpOptions = Omit<NodeOptions, 'name'> & {
  /** Name of the output. @default - one made of the place and the operator */
  readonly output?: string;
};

/** Puts other nodes in the place of some of a graph. */
export class Writer {
  readonly #model: OnnxModel;
  /** Names that the graph does not have. */
  readonly names: Names;
  readonly #initializers: OnnxTensor[] = [];
  readonly #shared = new Map<string, string>();
  readonly #nodes = new Map<OnnxNode, readonly OnnxNode[]>();

  constructor(model: OnnxModel) {
    this.#model = model;
    this.names = new Names(model.graph);
  }

  /** Adds a constant under a name of its own, and gives that. */
  constant(tensor: OnnxTensor): string {
    const name = this.names.fresh(tensor.name);
    this.#initializers.push({ ...tensor, name });
    return name;
  }

  /** Puts what `write` adds in the place of a node. */
  replace(node: OnnxNode, place: string, write: (op: Op) => void): void {
    const nodes: OnnxNode[] = [];
    this.#nodes.set(node, nodes);
    write((opType, inputs, { output, ...options } = {}) => {
      const name = this.names.fresh(`${place}/${opType}`);
      const value = output ?? name;
      nodes.push(makeNode(opType, inputs, [value], { ...options, name }));
      return value;
    });
  }

  /** A constant that many places read, by its name. */
  shared(tensor: OnnxTensor): string {
    const name = this.#shared.get(tensor.name) ?? this.constant(tensor);
    this.#shared.set(tensor.name, name);
    return name;
  }

  /** The version of the standard operator set. */
  get opset(): number {
    return readOpset(this.#model);
  }

  remove(node: OnnxNode): void {
    this.put(node, []);
  }

  /** Puts nodes that are made already in the place of a node. */
  put(node: OnnxNode, nodes: readonly OnnxNode[]): void {
    this.#nodes.set(node, nodes);
  }

  /** Adds constants whose names are their own already. */
  add(tensors: readonly OnnxTensor[]): void {
    this.#initializers.push(...tensors);
  }

  /** Writes the changes into the graph, without what nothing reads any more. */
  finish(): void {
    const { graph, opsetImport } = this.#model;
    graph.node = graph.node.flatMap((node) => this.#nodes.get(node) ?? [node]);
    graph.initializer.push(...this.#initializers);
    removeUnused(graph);
    if (opsetImport.some(({ domain }) => domain === MICROSOFT)) return;
    if (graph.node.some(({ domain }) => domain === MICROSOFT))
      opsetImport.push({ domain: MICROSOFT, version: 1 });
  }
}

/** Adds a node with one output, and gives the name of that. */
export type Op = (opType: string, inputs: readonly string[], options?: OpOptions) => string;
