/** Methods of strings in templates, as Python has them. The library has others already: `upper`, `split`, `startswith` and so on. */
import { integer, list, string, truth, type Value } from './library.ts';
import { isNone, isText, isUndefined, itemsOf, numberOf, print, typeName } from './python-values.ts';

type Method = (text: string, given: readonly Value[]) => Value;

const isGiven = (value: Value | undefined): value is Value =>
  value !== undefined && !isNone(value) && !isUndefined(value);

/** Takes characters away from the ends of a text: white space, where none are given. */
export function strip(text: string, ends: 'both' | 'start' | 'end', characters?: Value): string {
  const set = isGiven(characters) ? new Set(print(characters)) : undefined;
  const isStripped = (character: string) => (set ? set.has(character) : /\s/.test(character));
  const points = Array.from(text);
  let [from, to] = [0, points.length];
  if (ends !== 'end') while (from < to && isStripped(points[from] ?? '')) from++;
  if (ends !== 'start') while (to > from && isStripped(points[to - 1] ?? '')) to--;
  return points.slice(from, to).join('');
}

export const capitalize = (text: string): string => {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
};

const argument = (given: readonly Value[]): string => {
  const [value] = given;
  if (value && isText(value)) return value.value;
  throw new TypeError(`a string is required, not ${value ? typeName(value) : 'nothing'}`);
};

/** Divides from the end, at most as often as is given. */
function splitFromEnd(text: string, [separator, most]: readonly Value[]): string[] {
  const parts =
    separator && isText(separator) ? text.split(separator.value) : strip(text, 'both').split(/\s+/);
  const count = (most && numberOf(most)) ?? -1;
  if (count < 0 || parts.length <= count + 1) return parts;
  const joined = parts
    .slice(0, parts.length - count)
    .join(separator && isText(separator) ? separator.value : ' ');
  return [joined, ...parts.slice(parts.length - count)];
}

export const METHODS: Readonly<Record<string, Method>> = {
  strip: (text, [characters]) => string(strip(text, 'both', characters)),
  lstrip: (text, [characters]) => string(strip(text, 'start', characters)),
  rstrip: (text, [characters]) => string(strip(text, 'end', characters)),
  capitalize: (text) => string(capitalize(text)),
  title: (text) => string(text.replace(/\p{L}+/gu, capitalize)),
  join: (text, [items]) => string((items ? (itemsOf(items) ?? []) : []).map(print).join(text)),
  find: (text, given) => integer(text.indexOf(argument(given))),
  count: (text, given) => integer(text.split(argument(given)).length - 1),
  rsplit: (text, given) => list(splitFromEnd(text, given).map(string)),
  splitlines: (text) =>
    list(
      text
        .replace(/\r\n?|\n$/g, (end) => (end === '\n' ? '' : '\n'))
        .split('\n')
        .map(string),
    ),
  removeprefix: (text, given) =>
    string(text.startsWith(argument(given)) ? text.slice(argument(given).length) : text),
  removesuffix: (text, given) =>
    string(text.endsWith(argument(given)) ? text.slice(0, text.length - argument(given).length) : text),
  isdigit: (text) => truth(/^\p{Nd}+$/u.test(text)),
  isalpha: (text) => truth(/^\p{L}+$/u.test(text)),
};

/** Calls a method of a value, which must be a string. */
export function callMethod(name: string, object: Value | undefined, given: readonly Value[]): Value {
  const method = METHODS[name];
  if (object && isText(object) && method) return method(object.value, given);
  throw new TypeError(`'${object ? typeName(object) : 'nothing'}' has no method '${name}'`);
}
