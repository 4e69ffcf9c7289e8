/** Making graph nodes and reading their attributes. */
import { ATTRIBUTE, type OnnxAttribute, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx.ts';

type AttributeValue = Omit<OnnxAttribute, 'name'>;

export const int = (i: number): AttributeValue => ({ type: ATTRIBUTE.int, i });
export const float = (f: number): AttributeValue => ({ type: ATTRIBUTE.float, f });
export const ints = (values: readonly number[]): AttributeValue => ({
  type: ATTRIBUTE.ints,
  ints: [...values],
});
export const string = (text: string): AttributeValue => ({ type: ATTRIBUTE.string, s: Buffer.from(text) });
export const strings = (texts: readonly string[]): AttributeValue => ({
  type: ATTRIBUTE.strings,
  strings: texts.map((text) => Buffer.from(text)),
});
export const graph = (g: OnnxGraph): AttributeValue => ({ type: ATTRIBUTE.graph, g });
export const tensor = (t: OnnxTensor): AttributeValue => ({ type: ATTRIBUTE.tensor, t });

export interface NodeOptions {
  readonly name?: string;
  /** @default - the standard operator set */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Makes a node: `makeNode('Gather', ['table', 'ids'], ['rows'], { attributes: { axis: int(0) } })`. */
export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  { name = '', domain = '', attributes = {} }: NodeOptions = {},
): OnnxNode {
  const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...value }));
  return { opType, domain, name, input: [...input], output: [...output], attribute };
}

/** The integer attribute of that name, if the node has it. */
export function intAttribute(node: OnnxNode, name: string): number | undefined {
  const value = findAttribute(node, name)?.i;
  return value === undefined ? undefined : Number(value);
}

/** The attribute of that name, if the node has it. */
export function findAttribute(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}
