/** HTTP headers as the Fetch standard has them (https://fetch.spec.whatwg.org/#headers-class), without undici. See ADR-exchange.md. */

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const SET_COOKIE = 'set-cookie';

type Init = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

export class Headers {
  /** The values of each name in lower case. */
  readonly #values = new Map<string, string[]>();

  constructor(init: Init = {}) {
    for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init))
      this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = normaliseName(name);
    const values = this.#values.get(key) ?? [];
    values.push(normaliseValue(value));
    this.#values.set(key, values);
  }

  set(name: string, value: string): void {
    this.#values.set(normaliseName(name), [normaliseValue(value)]);
  }

  get(name: string): string | null {
    return this.#values.get(normaliseName(name))?.join(', ') ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(normaliseName(name));
  }

  delete(name: string): void {
    this.#values.delete(normaliseName(name));
  }

  getSetCookie(): string[] {
    return [...(this.#values.get(SET_COOKIE) ?? [])];
  }

  /** In the order of the names; each cookie that is set stands by itself. */
  *entries(): Generator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      for (const value of name === SET_COOKIE ? values : [values.join(', ')]) yield [name, value];
    }
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }
}

function normaliseName(name: string): string {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header.`);
  return name.toLowerCase();
}

/** A value holds one byte a character, and no line break that would begin another header. */
function normaliseValue(value: string): string {
  const text = String(value).replace(AROUND, '');
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0 || code === 10 || code === 13 || code > 255) {
      throw new TypeError('The value of a header holds a character that none may have.');
    }
  }
  return text;
}
