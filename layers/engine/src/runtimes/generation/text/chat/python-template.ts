/**
 * Rewrites a parsed template so that operators, filters, tests, methods of strings and what is printed are those of Python: each becomes a
 * call of a function that the template cannot name itself. Flow and scopes stay the library's. See ADR-chat-templates.md.
 */
import {
  callable,
  type Environment,
  list,
  type Node,
  string,
  type TemplateFunction,
  UNDEFINED,
} from './library.ts';
import { declareOutput, keepOutput } from './loop-output.ts';
import { call, copy, isNode } from './nodes.ts';
import { applyFilter, FILTER_NAMES, hasFilter } from './python-filters.ts';
import { OPERATORS, runTest, TESTS } from './python-operators.ts';
import { callMethod, METHODS } from './python-strings.ts';
import { isText, isUndefined, itemsOf, print } from './python-values.ts';

/** Nodes of a body that print nothing by themselves, and texts, which are printed as they are. */
const NOT_PRINTED = new Set(
  'StringLiteral If For Set Macro CallStatement FilterStatement Break Continue Comment Program'.split(' '),
);
/** The fields that hold a body. */
const BODIES = new Set(['body', 'alternate', 'defaultBlock']);

/** Rewrites a node and all that it has. @throws TypeError for a filter or a test that is not known */
export function toPython(node: Node): Node {
  const rewritten: Node = copy(
    node,
    Object.fromEntries(Object.entries(node).map(([name, value]) => [name, rewrite(name, value)])),
  );
  switch (node.type) {
    case 'BinaryExpression': {
      const { operator, left, right } = rewritten;
      const name = isNode(operator) ? String(operator.value) : '';
      return Object.hasOwn(OPERATORS, name) ? call(node, `operator ${name}`, [left, right]) : rewritten;
    }
    case 'FilterExpression':
      return filterCall(node, rewritten.operand, rewritten.filter);
    case 'TestExpression': {
      const name = isNode(node.test) ? String(node.test.value) : '';
      runTest(name);
      const tested = call(node, `is ${name}`, [rewritten.operand]);
      return node.negate === true ? call(node, 'is false', [tested]) : tested;
    }
    case 'MemberExpression':
      return copy(node, { ...rewritten, object: call(node, 'defined', [rewritten.object]) });
    case 'For': {
      // The condition of a loop is a part of what it goes through.
      const { iterable } = rewritten;
      const hasCondition = isNode(iterable) && iterable.type === 'SelectExpression';
      const items = hasCondition
        ? copy(iterable, { ...iterable, lhs: call(node, 'items', [iterable.lhs]) })
        : call(node, 'items', [iterable]);
      return keepOutput(copy(node, { ...rewritten, iterable: items }));
    }
    case 'CallExpression': {
      const { callee, args } = rewritten;
      if (!isNode(callee) || callee.type !== 'MemberExpression' || callee.computed === true) return rewritten;
      const name = isNode(callee.property) ? String(callee.property.value) : '';
      return Object.hasOwn(METHODS, name)
        ? call(node, `method ${name}`, [callee.object, ...(Array.isArray(args) ? args : [])])
        : rewritten;
    }
    default:
      return rewritten;
  }
}

/** Fields keep what is no node: names, numbers, and the tokens of operators. */
function rewrite(name: string, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => (isNode(item) ? rewriteItem(item, BODIES.has(name)) : [item]));
    return items;
  }
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, item]) => [rewrite('', key), rewrite('', item)]));
  }
  return isNode(value) && name !== 'operator' ? toPython(value) : value;
}

function rewriteItem(node: Node, isOfBody: boolean): Node[] {
  if (isOfBody && node.type === 'FilterStatement') return filterBlock(node);
  const rewritten = toPython(node);
  return [isOfBody && !NOT_PRINTED.has(node.type) ? call(node, 'print', [rewritten]) : rewritten];
}

/** A filter of a block: the block is set to a variable, and that is printed. */
function filterBlock(node: Node): Node[] {
  const variable = copy(node, { type: 'Identifier', value: 'filtered block' });
  const set = copy(node, { type: 'Set', assignee: variable, value: null, body: rewrite('body', node.body) });
  return [set, call(node, 'print', [filterCall(node, variable, rewrite('filter', node.filter))])];
}

function filterCall(origin: Node, operand: unknown, filter: unknown): Node {
  if (!isNode(filter)) return call(origin, 'print', [operand]);
  const isCall = filter.type === 'CallExpression';
  const name = String(isCall && isNode(filter.callee) ? filter.callee.value : filter.value);
  if (!hasFilter(name)) throw new TypeError(`No filter named '${name}'`);
  return call(origin, `filter ${name}`, [
    operand,
    ...(isCall && Array.isArray(filter.args) ? filter.args : []),
  ]);
}

/**
 * Calls of a template, items of lists that they make, and items that its loops go through: 20 for each of 10,000 messages. They take some microseconds each, in which
 * nothing else has the thread.
 */
const MOST_STEPS = 200_000;

/** Declares the functions that rewritten templates call. A template that makes more of them than any needs is ended by a RangeError. */
export function declarePython(environment: Environment): void {
  let steps = 0;
  const count = (more: number): void => {
    steps += more;
    if (steps > MOST_STEPS) throw new RangeError('it takes too many steps');
  };
  const declare = (name: string, run: TemplateFunction) =>
    environment.setVariable(
      name,
      callable((...given) => {
        const result = run(...given);
        const isMade = !given.includes(result);
        count(1 + (isMade ? (itemsOf(result)?.length ?? 0) : 0));
        return result;
      }),
    );
  declareOutput(environment);
  declare('print', (value = UNDEFINED) => string(print(value)));
  declare('defined', (value = UNDEFINED) => {
    if (isUndefined(value)) throw new TypeError('what is undefined has no attributes');
    return value;
  });
  declare('items', (value = UNDEFINED) => {
    const items = isText(value) ? list(Array.from(value.value, string)) : value;
    count(itemsOf(items)?.length ?? 0);
    return items;
  });
  for (const [name, operator] of Object.entries(OPERATORS)) {
    declare(`operator ${name}`, (left = UNDEFINED, right = UNDEFINED) => operator(left, right));
  }
  for (const name of Object.keys(TESTS)) declare(`is ${name}`, runTest(name));
  for (const name of Object.keys(METHODS))
    declare(`method ${name}`, (object, ...given) => callMethod(name, object, given));
  for (const name of FILTER_NAMES)
    declare(`filter ${name}`, (value = UNDEFINED, ...given) => applyFilter(name, value, given));
}
