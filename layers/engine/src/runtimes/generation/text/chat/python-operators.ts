/** Operators and tests of templates, as Python and Jinja have them. */
import { float, integer, list, string, type TemplateFunction, truth, type Value } from './library.ts';
import {
  entriesOf,
  isEqual,
  isNone,
  isText,
  isUndefined,
  itemsOf,
  numberOf,
  print,
  typeName,
} from './python-values.ts';

type Operator = (left: Value, right: Value) => Value;

/** Operators with both operands evaluated; `and` and `or` are the library's. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': add,
  '-': (left, right) => calculate('-', left, right, (a, b) => a - b),
  '*': multiply,
  '/': (left, right) => float(Number(calculate('/', left, right, divide).value)),
  '//': (left, right) => calculate('//', left, right, (a, b) => Math.floor(divide(a, b))),
  '%': (left, right) =>
    isText(left)
      ? string(formatPercent(left.value, itemsOf(right) ?? [right]))
      : calculate('%', left, right, (a, b) => a - b * Math.floor(divide(a, b))),
  '**': (left, right) => calculate('**', left, right, (a, b) => a ** b),
  '~': (left, right) => string(print(left) + print(right)),
  '==': (left, right) => truth(isEqual(left, right)),
  '!=': (left, right) => truth(!isEqual(left, right)),
  '<': (left, right) => truth(compare('<', left, right) < 0),
  '>': (left, right) => truth(compare('>', left, right) > 0),
  '<=': (left, right) => truth(compare('<=', left, right) <= 0),
  '>=': (left, right) => truth(compare('>=', left, right) >= 0),
  in: (left, right) => truth(contains(right, left)),
  'not in': (left, right) => truth(!contains(right, left)),
};

function refuse(operator: string, left: Value, right: Value): TypeError {
  return new TypeError(
    `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function add(left: Value, right: Value): Value {
  if (isText(left) && isText(right)) return string(left.value + right.value);
  const [items, others] = [itemsOf(left), itemsOf(right)];
  if (items && others && left.type === right.type) return list([...items, ...others]);
  return calculate('+', left, right, (a, b) => a + b);
}

/** Items of a list that is repeated. */
const LONGEST_LIST = 100_000;

function multiply(left: Value, right: Value): Value {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (isText(left) && other !== undefined) return string(left.value.repeat(Math.max(0, other)));
  if (isText(right) && one !== undefined) return string(right.value.repeat(Math.max(0, one)));
  const items = itemsOf(left);
  if (items && other !== undefined) {
    if (items.length * other > LONGEST_LIST) throw new RangeError('a list is too long');
    return list(Array.from({ length: Math.max(0, other) }, () => items).flat());
  }
  return calculate('*', left, right, (a, b) => a * b);
}

function divide(left: number, right: number): number {
  if (right === 0) throw new RangeError('division by zero');
  return left / right;
}

function calculate(
  operator: string,
  left: Value,
  right: Value,
  run: (a: number, b: number) => number,
): Value {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one === undefined || other === undefined) throw refuse(operator, left, right);
  const isFloat =
    left.type === 'FloatValue' || right.type === 'FloatValue' || (operator === '**' && other < 0);
  const result = run(one, other);
  return isFloat ? float(result) : integer(result);
}

/** Compares two values that have an order. */
export function compare(operator: string, left: Value, right: Value): number {
  if (isText(left) && isText(right)) return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one === undefined || other === undefined) throw refuse(operator, left, right);
  return one - other;
}

function contains(container: Value, item: Value): boolean {
  const entries = entriesOf(container);
  if (entries) return isText(item) && entries.has(item.value);
  if (isText(container) && isText(item)) return container.value.includes(item.value);
  const items = itemsOf(container);
  if (items) return items.some((other) => isEqual(other, item));
  if (isUndefined(container)) return false;
  throw new TypeError(`argument of type '${typeName(container)}' is not iterable`);
}

/** `template % values`, with the conversions of text and numbers. */
export function formatPercent(template: string, values: readonly Value[]): string {
  let next = 0;
  return template.replace(/%(?:\.(\d+))?([sdifr%])/g, (_, places: string | undefined, conversion: string) => {
    if (conversion === '%') return '%';
    const value = values[next++];
    if (value === undefined) throw new TypeError('not enough arguments for format string');
    if (conversion === 's' || conversion === 'r') return print(value);
    const number = numberOf(value);
    if (number === undefined)
      throw new TypeError(`%${conversion} format: a number is required, not ${typeName(value)}`);
    return conversion === 'f' ? number.toFixed(Number(places ?? 6)) : String(Math.trunc(number));
  });
}

type Test = (value: Value, argument: Value | undefined) => boolean;

const isIterable: Test = (value) =>
  isText(value) || isUndefined(value) || itemsOf(value) !== undefined || value.type === 'ObjectValue';
const isWhole = (value: Value, remainder: number): boolean =>
  Math.abs((numberOf(value) ?? Number.NaN) % 2) === remainder;
const equals: Test = (value, argument) => argument !== undefined && isEqual(value, argument);

/** Tests by their names: `x is defined`, `selectattr('role', 'equalto', 'user')`. */
export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !isUndefined(value),
  undefined: isUndefined,
  none: isNone,
  string: isText,
  number: (value) => numberOf(value) !== undefined,
  integer: ({ type }) => type === 'IntegerValue',
  float: ({ type }) => type === 'FloatValue',
  boolean: ({ type }) => type === 'BooleanValue',
  true: ({ type, value }) => type === 'BooleanValue' && value === true,
  false: ({ type, value }) => type === 'BooleanValue' && value === false,
  mapping: ({ type }) => type === 'ObjectValue',
  iterable: isIterable,
  sequence: isIterable,
  callable: ({ type }) => type === 'FunctionValue',
  odd: (value) => isWhole(value, 1),
  even: (value) => isWhole(value, 0),
  lower: (value) => print(value) === print(value).toLowerCase(),
  upper: (value) => print(value) === print(value).toUpperCase(),
  eq: equals,
  equalto: equals,
  '==': equals,
  ne: (value, argument) => !equals(value, argument),
  in: (value, argument) => argument !== undefined && contains(argument, value),
  lt: (value, argument) => argument !== undefined && compare('<', value, argument) < 0,
  gt: (value, argument) => argument !== undefined && compare('>', value, argument) > 0,
};

export function findTest(name: string): Test {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test) return test;
  throw new TypeError(`No test named '${name}'`);
}

/** Every test as a function of a template. */
export const runTest = (name: string): TemplateFunction => {
  const test = findTest(name);
  return (value, argument) => truth(value !== undefined && test(value, argument));
};
