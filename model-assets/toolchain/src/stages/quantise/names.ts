import type { OnnxGraph } from '../../graph/onnx.ts';

/** Gives names that no value and no node of the graph has. */
export class Names {
  readonly #taken: Set<string>;

  constructor(graph: OnnxGraph) {
    const values = graph.node.flatMap(({ name, output }) => [name, ...output]);
    const tensors = [...graph.initializer, ...graph.input].map(({ name }) => name);
    this.#taken = new Set([...values, ...tensors]);
  }

  /** `wanted`, with a number behind it if need be. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}_${number}`;
    this.#taken.add(name);
    return name;
  }
}
