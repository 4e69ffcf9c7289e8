/**
 * What a loop prints in a turn that `break` or `continue` ends. The library loses it, so that such a loop gives what it prints away, bit by
 * bit, and has it back when it has ended.
 */
import { callable, type Environment, type Node, string, UNDEFINED } from './library.ts';
import { call, copy, isNode } from './nodes.ts';
import { print } from './python-values.ts';

const SILENT = new Set(['Set', 'Macro', 'Comment', 'Break', 'Continue']);

/** A loop that keeps what it prints; any other is as it was. */
export function keepOutput(loop: Node): Node {
  const body = nodesOf(loop.body);
  if (!body.some(breaksOff)) return loop;
  const kept = copy(loop, { ...loop, body: body.map(giveAway) });
  return call(loop, 'end of output', [call(loop, 'begin of output', []), kept]);
}

const nodesOf = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Whether a turn may end here. A loop within ends its own turns. */
function breaksOff({ type, body, alternate }: Node): boolean {
  if (type === 'Break' || type === 'Continue') return true;
  return type === 'If' && [...nodesOf(body), ...nodesOf(alternate)].some(breaksOff);
}

function giveAway(node: Node): Node {
  if (SILENT.has(node.type)) return node;
  if (node.type !== 'If') return call(node, 'output', [node]);
  const [body, alternate] = [node.body, node.alternate].map((branch) => nodesOf(branch).map(giveAway));
  return copy(node, { ...node, body, alternate });
}

/** Declares the functions that such loops call. */
export function declareOutput(environment: Environment): void {
  const outputs: string[] = [];
  const declare = environment.setVariable.bind(environment);
  declare(
    'begin of output',
    callable(() => {
      outputs.push('');
      return UNDEFINED;
    }),
  );
  declare(
    'output',
    callable((printed = UNDEFINED) => {
      outputs.push((outputs.pop() ?? '') + print(printed));
      return UNDEFINED;
    }),
  );
  declare(
    'end of output',
    callable((_, rest = UNDEFINED) => string((outputs.pop() ?? '') + print(rest))),
  );
}
