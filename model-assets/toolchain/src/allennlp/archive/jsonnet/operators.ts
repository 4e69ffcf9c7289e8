/** What the operators of Jsonnet make of values. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Operators by how closely they bind, the loosest first. */
export const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Undefined where the operator does not take these values. */
export function operate(sign: string, left: Json, right: Json): Json | undefined {
  if (sign === '==' || sign === '!=') return (stable(left) === stable(right)) === (sign === '==');
  if (sign === '+') {
    const sum = add(left, right);
    if (sum !== undefined) return sum;
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') {
    if (sign === '&&') return left && right;
    if (sign === '||') return left || right;
  }
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const result = calculate(sign, left, right);
  return typeof result === 'boolean' || Number.isFinite(result) ? result : undefined;
}

export function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `+` of numbers, lists, objects, and of a text with anything; undefined for other values. */
function add(left: Json, right: Json): Json | undefined {
  if (typeof left === 'string' || typeof right === 'string') return asText(left) + asText(right);
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (isObject(left) && isObject(right)) return { ...left, ...right };
  return undefined;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function calculate(sign: string, left: number, right: number): number | boolean {
  switch (sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    default:
      return Number.NaN;
  }
}

/** The same text for equal values, in whatever order their keys stand. */
function stable(value: Json): string {
  return JSON.stringify(value, (_, each: Json) =>
    isObject(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

/** Jsonnet gives the fields of objects in the order of their code points; AllenNLP goes through token indexers so. */
export function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort(byCodePoints);
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}

function byCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
