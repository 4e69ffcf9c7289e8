/** Filters of templates, as Jinja has them: https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters */
import { float, integer, list, string, UNDEFINED, type Value } from './library.ts';
import { compare, findTest, formatPercent } from './python-operators.ts';
import { capitalize, strip } from './python-strings.ts';
import {
  entriesOf,
  isEqual,
  isText,
  isUndefined,
  itemsOf,
  numberOf,
  print,
  typeName,
  writeJson,
} from './python-values.ts';

/** What a filter is given beside its value: by position or by name. */
class Arguments {
  readonly positional: readonly Value[];
  readonly #named: ReadonlyMap<string, Value>;

  constructor(given: readonly Value[]) {
    const last = given.at(-1);
    const isNamed = last?.type === 'KeywordArgumentsValue';
    this.positional = isNamed ? given.slice(0, -1) : given;
    this.#named = (isNamed && entriesOf(last)) || new Map();
  }

  get(index: number, name: string): Value | undefined {
    return this.positional[index] ?? this.#named.get(name);
  }

  isTrue(index: number, name: string): boolean {
    return this.get(index, name)?.__bool__().value ?? false;
  }

  number(index: number, name: string): number | undefined {
    const value = this.get(index, name);
    return value && numberOf(value);
  }
}

type Filter = (value: Value, given: Arguments) => Value;

/** The items that a loop over a value would have. */
function iterate(value: Value): readonly Value[] {
  const items = itemsOf(value);
  if (items) return items;
  if (isText(value)) return Array.from(value.value, string);
  const entries = entriesOf(value);
  if (entries) return Array.from(entries.keys(), string);
  if (isUndefined(value)) return [];
  throw new TypeError(`'${typeName(value)}' object is not iterable`);
}

/** Finds an attribute by its path: `function.name`, `0`. */
function attributeOf(value: Value, path: string): Value {
  let current: Value | undefined = value;
  for (const part of path.split('.')) {
    current = current && (entriesOf(current)?.get(part) ?? itemsOf(current)?.[Number(part)]);
  }
  return current ?? UNDEFINED;
}

/** Text without the difference of case, which sorting and `unique` disregard unless they are told otherwise. */
const folded = (value: Value): Value => (isText(value) ? string(value.value.toLowerCase()) : value);

function sort(items: readonly Value[], key: (item: Value) => Value, isReversed: boolean): Value[] {
  const sorted = items.toSorted((left, right) => compare('<', key(left), key(right)));
  return isReversed ? sorted.toReversed() : sorted;
}

/** `select`, `reject` and those of attributes; the test is by default whether the value is true. */
function filterBy(isKept: boolean, hasAttribute: boolean): Filter {
  return (value, { positional }) => {
    const path = hasAttribute ? print(positional[0] ?? UNDEFINED) : undefined;
    const [name, argument] = positional.slice(hasAttribute ? 1 : 0);
    const test = name ? findTest(print(name)) : (tested: Value) => tested.__bool__().value;
    const passes = (item: Value) => test(path === undefined ? item : attributeOf(item, path), argument);
    return list(iterate(value).filter((item) => passes(item) === isKept));
  };
}

const map: Filter = (value, given) => {
  const attribute = given.get(Number.POSITIVE_INFINITY, 'attribute');
  if (attribute === undefined) {
    const [name, ...others] = given.positional;
    return list(iterate(value).map((item) => applyFilter(print(name ?? UNDEFINED), item, others)));
  }
  const other = given.get(Number.POSITIVE_INFINITY, 'default');
  const found = (item: Value): Value => {
    const attributed = attributeOf(item, print(attribute));
    return other && isUndefined(attributed) ? other : attributed;
  };
  return list(iterate(value).map(found));
};

const extreme =
  (sign: number): Filter =>
  (value) =>
    iterate(value).reduce(
      (best, item) => (isUndefined(best) || sign * compare('<', item, best) < 0 ? item : best),
      UNDEFINED,
    );

function toInteger(value: Value): number | undefined {
  const number =
    numberOf(value) ?? (isText(value) && value.value.trim() !== '' ? Number(value.value) : Number.NaN);
  return Number.isFinite(number) ? Math.trunc(number) : undefined;
}

/** Rounds to the nearest; of two equally near numbers to the even one, as Python does. */
function round(value: Value, given: Arguments): Value {
  const scale = 10 ** (given.number(0, 'precision') ?? 0);
  const scaled = (numberOf(value) ?? Number.NaN) * scale;
  const method = print(given.get(1, 'method') ?? string('common'));
  const nearest = Math.abs(scaled % 1) === 0.5 ? 2 * Math.round(scaled / 2) : Math.round(scaled);
  const rounded = method === 'floor' ? Math.floor(scaled) : method === 'ceil' ? Math.ceil(scaled) : nearest;
  return value.type === 'FloatValue' ? float(rounded / scale) : integer(rounded / scale);
}

const indent: Filter = (value, given) => {
  const width = given.get(0, 'width');
  const spaces = width && isText(width) ? width.value : ' '.repeat((width && numberOf(width)) ?? 4);
  const [isFirst, isBlank] = [given.isTrue(1, 'first'), given.isTrue(2, 'blank')];
  const lines = print(value).split('\n');
  return string(
    lines
      .map((line, index) => ((index === 0 ? isFirst : isBlank || line !== '') ? spaces + line : line))
      .join('\n'),
  );
};

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
const escapeHtml: Filter = (value) =>
  string(print(value).replace(/[&<>'"]/g, (mark) => ESCAPES[mark] ?? mark));

const count: Filter = (value) => integer(entriesOf(value)?.size ?? iterate(value).length);

const otherwise: Filter = (value, given) => {
  const isMissing = isUndefined(value) || (given.isTrue(1, 'boolean') && !value.__bool__().value);
  return isMissing ? (given.get(0, 'default_value') ?? string('')) : value;
};

const toJson: Filter = (value, given) => {
  const separators = given.get(2, 'separators');
  const [item, key] = (separators && itemsOf(separators)) ?? [];
  return string(
    writeJson(value, {
      ensureAscii: given.isTrue(0, 'ensure_ascii'),
      indent: given.number(1, 'indent'),
      separators: item && key ? [print(item), print(key)] : undefined,
      sortKeys: given.isTrue(3, 'sort_keys'),
    }),
  );
};

const pairsOf = (value: Value): Value[] =>
  Array.from(entriesOf(value) ?? [], ([key, item]) => list([string(key), item]));

const FILTERS: Readonly<Record<string, Filter>> = {
  abs: (value) => (value.type === 'FloatValue' ? float : integer)(Math.abs(numberOf(value) ?? Number.NaN)),
  capitalize: (value) => string(capitalize(print(value))),
  count,
  d: otherwise,
  default: otherwise,
  dictsort: (value, given) =>
    list(sort(pairsOf(value), (pair) => folded(attributeOf(pair, '0')), given.isTrue(2, 'reverse'))),
  e: escapeHtml,
  escape: escapeHtml,
  first: (value) => iterate(value)[0] ?? UNDEFINED,
  float: (value) => float(numberOf(value) ?? (Number.parseFloat(print(value)) || 0)),
  format: (value, { positional }) => string(formatPercent(print(value), positional)),
  indent,
  int: (value, given) => integer(toInteger(value) ?? given.number(0, 'default') ?? 0),
  items: (value) => list(pairsOf(value)),
  join: (value, given) => {
    const attribute = given.get(1, 'attribute');
    const items = iterate(value).map((item) => print(attribute ? attributeOf(item, print(attribute)) : item));
    return string(items.join(print(given.get(0, 'd') ?? string(''))));
  },
  last: (value) => iterate(value).at(-1) ?? UNDEFINED,
  length: count,
  list: (value) => list(iterate(value)),
  lower: (value) => string(print(value).toLowerCase()),
  map,
  max: extreme(-1),
  min: extreme(1),
  reject: filterBy(false, false),
  rejectattr: filterBy(false, true),
  replace: (value, given) => {
    const [from, to] = [given.get(0, 'old'), given.get(1, 'new')].map((part) => print(part ?? UNDEFINED));
    return string(print(value).replaceAll(from ?? '', () => to ?? ''));
  },
  reverse: (value) =>
    isText(value) ? string(Array.from(value.value).reverse().join('')) : list(iterate(value).toReversed()),
  round,
  safe: (value) => value,
  select: filterBy(true, false),
  selectattr: filterBy(true, true),
  sort: (value, given) => {
    const attribute = given.get(2, 'attribute');
    const keyed = (item: Value) => (attribute ? attributeOf(item, print(attribute)) : item);
    const key = given.isTrue(1, 'case_sensitive') ? keyed : (item: Value) => folded(keyed(item));
    return list(sort(iterate(value), key, given.isTrue(0, 'reverse')));
  },
  string: (value) => string(print(value)),
  sum: (value) => integer(iterate(value).reduce((sum, item) => sum + (numberOf(item) ?? 0), 0)),
  title: (value) => string(print(value).replace(/[^-\s({[<]+/g, capitalize)),
  tojson: toJson,
  trim: (value, given) => string(strip(print(value), 'both', given.get(0, 'chars'))),
  unique: (value, given) => {
    const key = given.isTrue(0, 'case_sensitive') ? (item: Value) => item : folded;
    const plain = new Set<string | number>();
    const others: Value[] = [];
    const isNew = (item: Value): boolean => {
      const of = isText(item) ? item.value : numberOf(item);
      if (of !== undefined) return plain.size < plain.add(of).size;
      return !others.some((other) => isEqual(other, item)) && others.push(item) > 0;
    };
    return list(iterate(value).filter((item) => isNew(key(item))));
  },
  upper: (value) => string(print(value).toUpperCase()),
};

export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

export const hasFilter = (name: string): boolean => Object.hasOwn(FILTERS, name);

/** Applies a filter of `FILTERS`. @throws TypeError where there is none of that name */
export function applyFilter(name: string, value: Value, given: readonly Value[]): Value {
  const filter = hasFilter(name) ? FILTERS[name] : undefined;
  if (!filter) throw new TypeError(`No filter named '${name}'`);
  return filter(value, new Arguments(given));
}
