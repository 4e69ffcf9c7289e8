import { ToolchainError } from '../../errors.ts';
import { FLOAT16_MAX, float32ToFloat16 } from '../../graph/half.ts';
import { findAttribute, int, makeNode } from '../../graph/node.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floats, rawTensor, viewBytes } from '../../graph/tensor.ts';
import type { ValueTypes } from './values.ts';

/** Replaces a weight beyond half precision, which is a mask of attention: a score can be added, and the sum is finite. */
const BEYOND = FLOAT16_MAX / 2;

const HALF = '/half';
const FULL = '/full';

/** Rewrites the nodes of a graph in order; casts stand where a value goes from one precision to the other. */
export class HalfConverter {
  /** Constants beyond the range of half precision. */
  clipped = 0;
  readonly #graph: OnnxGraph;
  readonly #types: ValueTypes;
  readonly #half: ReadonlySet<OnnxNode>;
  readonly #constants: ReadonlyMap<string, OnnxTensor>;
  readonly #outputs: ReadonlySet<string>;
  /** Names of activations that are in half precision. */
  readonly #inHalf = new Set<string>();
  readonly #halfConstants = new Map<string, OnnxTensor>();
  readonly #fullConstants = new Set<string>();
  /** Values that there are in the other precision too. */
  readonly #cast = new Set<string>();

  constructor(graph: OnnxGraph, types: ValueTypes, half: ReadonlySet<OnnxNode>) {
    this.#graph = graph;
    this.#types = types;
    this.#half = half;
    this.#constants = new Map(
      graph.initializer
        .filter(({ dataType }) => dataType === ELEMENT.float32)
        .map((tensor) => [tensor.name, tensor]),
    );
    this.#outputs = new Set(graph.output.map(({ name }) => name));
  }

  /** Changes the graph in place; its inputs and outputs keep their types. */
  convert(): void {
    this.#graph.node = this.#graph.node.flatMap((node) =>
      this.#half.has(node) ? this.#toHalf(node) : this.#toFull(node),
    );
    this.#graph.initializer = this.#graph.initializer.flatMap((tensor) => {
      if (!this.#constants.has(tensor.name)) return [tensor];
      const half = this.#halfConstants.get(tensor.name);
      return [...(this.#fullConstants.has(tensor.name) ? [tensor] : []), ...(half ? [half] : [])];
    });
    this.#graph.valueInfo = [];
  }

  #toHalf(node: OnnxNode): OnnxNode[] {
    const before: OnnxNode[] = [];
    const input = node.input.map((name) => {
      const constant = this.#constants.get(name);
      if (constant !== undefined) return this.#halfConstant(constant);
      if (!this.#isFloat(name) || this.#inHalf.has(name)) return this.#nameOf(name);
      before.push(...this.#castOnce(name, `${name}${HALF}`, ELEMENT.float16));
      return `${name}${HALF}`;
    });
    const floats = node.output.filter((name) => this.#isFloat(name));
    for (const name of floats) this.#inHalf.add(name);
    const output = node.output.map((name) => this.#nameOf(name));
    const after = floats
      .filter((name) => this.#outputs.has(name))
      .map((name) => cast(this.#nameOf(name), name, ELEMENT.float32));
    return [...before, { ...node, input, output, attribute: convertAttributes(node) }, ...after];
  }

  #toFull(node: OnnxNode): OnnxNode[] {
    const before: OnnxNode[] = [];
    const input = node.input.map((name) => {
      if (this.#constants.has(name)) this.#fullConstants.add(name);
      if (!this.#inHalf.has(name) || this.#outputs.has(name)) return name;
      before.push(...this.#castOnce(name, `${name}${FULL}`, ELEMENT.float32));
      return `${name}${FULL}`;
    });
    return [...before, { ...node, input }];
  }

  #castOnce(from: string, to: string, element: number): OnnxNode[] {
    if (this.#cast.has(to)) return [];
    this.#cast.add(to);
    return [cast(from, to, element)];
  }

  /** An output of the graph is float32: what is half of it has another name. */
  #nameOf(name: string): string {
    return this.#inHalf.has(name) && this.#outputs.has(name) ? `${name}${HALF}` : name;
  }

  #isFloat(name: string): boolean {
    return this.#types.get(name)?.element === 'float32';
  }

  #halfConstant(tensor: OnnxTensor): string {
    const known = this.#halfConstants.get(tensor.name);
    if (known !== undefined) return known.name;
    const { values, clipped } = inRange(tensor);
    this.clipped += clipped;
    const bytes = viewBytes(float32ToFloat16(values));
    const half = rawTensor(`${tensor.name}${HALF}`, ELEMENT.float16, tensor.dims, bytes);
    this.#halfConstants.set(tensor.name, half);
    return half.name;
  }
}

/** Values that half precision holds. Throws WEIGHTS_INVALID for NaN by tensor name. */
function inRange(tensor: OnnxTensor): { values: Float32Array; clipped: number } {
  const values = floats(tensor);
  let clipped = 0;
  for (const value of values) {
    if (Math.abs(value) > FLOAT16_MAX) clipped += 1;
    else if (Number.isNaN(value)) {
      throw new ToolchainError('WEIGHTS_INVALID', `${tensor.name} holds NaN: the checkpoint is damaged.`, {
        details: { tensor: tensor.name },
      });
    }
  }
  if (clipped === 0) return { values, clipped };
  const bound = (value: number): number =>
    Math.abs(value) > FLOAT16_MAX ? Math.sign(value) * BEYOND : value;
  return { values: values.map(bound), clipped };
}

/** A cast to float32 is one to half precision there. */
function convertAttributes(node: OnnxNode): OnnxNode['attribute'] {
  const to = findAttribute(node, 'to');
  if (node.opType !== 'Cast' || Number(to?.i) !== ELEMENT.float32) return node.attribute;
  return [{ name: 'to', ...int(ELEMENT.float16) }];
}

function cast(from: string, to: string, element: number): OnnxNode {
  return makeNode('Cast', [from], [to], { name: `${to}/cast`, attributes: { to: int(element) } });
}
