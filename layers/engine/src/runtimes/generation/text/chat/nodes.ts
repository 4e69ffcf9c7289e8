/** Nodes of templates that are made, not parsed. */
import type { Node } from './library.ts';

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

/** A node of the library's kind, which it looks for. */
export function copy(origin: Node, fields: Readonly<Record<string, unknown>>): Node {
  return Object.assign(Object.create(Object.getPrototypeOf(origin)), fields);
}

/** A call of a function that templates cannot name. */
export function call(origin: Node, name: string, args: readonly unknown[]): Node {
  const callee = copy(origin, { type: 'Identifier', value: name });
  return copy(origin, { type: 'CallExpression', callee, args });
}
