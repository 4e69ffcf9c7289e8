/** Values of templates as Python has them: how they are printed, compared, and written as JSON. */
import type { Value } from './library.ts';

export const isText = (value: Value): value is Value & { readonly value: string } =>
  value.type === 'StringValue';
export const isUndefined = ({ type }: Value): boolean => type === 'UndefinedValue';
export const isNone = ({ type }: Value): boolean => type === 'NullValue';

/** The number of a value that Python counts with: its booleans are 0 and 1. */
export function numberOf({ type, value }: Value): number | undefined {
  return type === 'IntegerValue' || type === 'FloatValue' || type === 'BooleanValue'
    ? Number(value)
    : undefined;
}

export function itemsOf({ type, value }: Value): readonly Value[] | undefined {
  return type === 'ArrayValue' || type === 'TupleValue' ? (value as readonly Value[]) : undefined;
}

export function entriesOf({ type, value }: Value): ReadonlyMap<string, Value> | undefined {
  return type === 'ObjectValue' || type === 'KeywordArgumentsValue' || type === 'NamespaceValue'
    ? (value as ReadonlyMap<string, Value>)
    : undefined;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  StringValue: 'str',
  IntegerValue: 'int',
  FloatValue: 'float',
  BooleanValue: 'bool',
  ArrayValue: 'list',
  TupleValue: 'tuple',
  ObjectValue: 'dict',
  NamespaceValue: 'Namespace',
  NullValue: 'NoneType',
  UndefinedValue: 'Undefined',
};
export const typeName = ({ type }: Value): string => TYPE_NAMES[type] ?? 'function';

/** `str` of a value; an undefined one is printed as nothing. */
export const print = (value: Value): string =>
  isText(value) ? value.value : isUndefined(value) ? '' : represent(value);

/** `repr` of a value. */
export function represent(value: Value): string {
  const items = itemsOf(value)?.map(represent);
  if (items) {
    if (value.type === 'ArrayValue') return `[${items.join(', ')}]`;
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  const entries = entriesOf(value);
  if (entries) {
    const written = Array.from(entries, ([key, item]) => `${quote(key)}: ${represent(item)}`);
    return `{${written.join(', ')}}`;
  }
  if (isText(value)) return quote(value.value);
  if (value.type === 'BooleanValue') return value.value ? 'True' : 'False';
  if (isUndefined(value)) return 'Undefined';
  if (isNone(value)) return 'None';
  if (value.type === 'FloatValue') return printFloat(Number(value.value));
  return String(value.value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`);
  const written = escaped.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const short = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
    if (short) return short;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return mark + written + mark;
}
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** `repr` of a float: an exponent from 1e16 on, and below 1e-4. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

export function isEqual(left: Value, right: Value): boolean {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined || other !== undefined) return one === other;
  if (typeName(left) !== typeName(right)) return false;
  const [items, others] = [itemsOf(left), itemsOf(right)];
  if (items && others) {
    return items.length === others.length && items.every((item, index) => isEqualOrSame(item, others[index]));
  }
  const [entries, otherEntries] = [entriesOf(left), entriesOf(right)];
  if (entries && otherEntries && left.type === 'ObjectValue') {
    return (
      entries.size === otherEntries.size &&
      Array.from(entries).every(([key, item]) => isEqualOrSame(item, otherEntries.get(key)))
    );
  }
  return left.value === right.value;
}

const isEqualOrSame = (left: Value, right: Value | undefined): boolean =>
  right !== undefined && isEqual(left, right);

export interface JsonStyle {
  readonly indent?: number | undefined;
  readonly ensureAscii?: boolean;
  readonly separators?: readonly [item: string, key: string] | undefined;
  readonly sortKeys?: boolean;
}

/** `json.dumps` of Python. */
export function writeJson(value: Value, style: JsonStyle = {}, depth = 0): string {
  const { indent, separators } = style;
  const [itemEnd, keyEnd] = separators ?? [indent === undefined ? ', ' : ',', ': '];
  const enclose = (open: string, written: readonly string[], close: string): string => {
    if (written.length === 0) return open + close;
    if (indent === undefined) return open + written.join(itemEnd) + close;
    const line = `\n${' '.repeat(indent * depth)}`;
    const inner = line + ' '.repeat(indent);
    return open + inner + written.join(itemEnd + inner) + line + close;
  };
  const items = itemsOf(value);
  if (items)
    return enclose(
      '[',
      items.map((item) => writeJson(item, style, depth + 1)),
      ']',
    );
  const entries = entriesOf(value);
  if (entries) {
    const keys = Array.from(entries.keys());
    if (style.sortKeys) keys.sort();
    const written = keys.map(
      (key) => quoteJson(key, style) + keyEnd + writeJson(entries.get(key) ?? value, style, depth + 1),
    );
    return enclose('{', written, '}');
  }
  if (isText(value)) return quoteJson(value.value, style);
  if (isNone(value)) return 'null';
  if (value.type === 'FloatValue') return printFloat(Number(value.value));
  if (value.type === 'IntegerValue' || value.type === 'BooleanValue') return String(value.value);
  throw new TypeError(`Object of type ${typeName(value)} is not JSON serializable`);
}

const quoteJson = (text: string, { ensureAscii = false }: JsonStyle): string => {
  const quoted = JSON.stringify(text);
  return ensureAscii
    ? quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    : quoted;
};
