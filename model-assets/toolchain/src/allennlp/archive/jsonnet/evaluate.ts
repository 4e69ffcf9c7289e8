/**
 * The Jsonnet that configurations of AllenNLP are written in, worked out while it is read: JSON with comments and commas at the end, `local`,
 * names and members, arithmetic, `if`, and objects that are added. What else the language has is refused by its name.
 */
import { inOrder, isObject, type Json, LEVELS, operate } from './operators.ts';
import { faultAt, type Token, tokenise } from './tokens.ts';

const MAX_DEPTH = 200;
const REFUSED_WORDS = new Set([
  'import',
  'importstr',
  'importbin',
  'function',
  'self',
  'super',
  'error',
  'assert',
  'for',
]);
const WORDS = new Set(['local', 'if', 'then', 'else', 'true', 'false', 'null', 'in', ...REFUSED_WORDS]);

/** @throws ToolchainError SOURCE_INVALID with the line, for what is not understood or is refused */
export function evaluateJsonnet(source: string): Json {
  return inOrder(new Evaluator(source.replace(/^\ufeff/, '')).run());
}

type Names = ReadonlyMap<string, Json>;

class Evaluator {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenise(source);
  }

  run(): Json {
    const value = this.#expression(new Map());
    if (this.#peek().kind !== 'end') throw this.#fault(`${this.#describe()} is not expected here`);
    return value;
  }

  #expression(names: Names, level = 0): Json {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary(names);
    let left = this.#expression(names, level + 1);
    for (let sign = this.#oneOf(operators); sign !== undefined; sign = this.#oneOf(operators)) {
      left = this.#operate(sign, left, this.#expression(names, level + 1));
    }
    return left;
  }

  #operate(sign: string, left: Json, right: Json): Json {
    const result = operate(sign, left, right);
    if (result === undefined) throw this.#fault(`'${sign}' cannot be applied to these values`);
    return result;
  }

  #unary(names: Names): Json {
    return this.#nested(() => this.#signed(names));
  }

  #signed(names: Names): Json {
    if (this.#takes('-')) return -this.#number(this.#unary(names));
    if (this.#takes('+')) return this.#number(this.#unary(names));
    if (this.#takes('!')) return !this.#boolean(this.#unary(names));
    return this.#members(this.#primary(names), names);
  }

  #number(value: Json): number {
    if (typeof value === 'number') return value;
    throw this.#fault(`a number is expected before ${this.#describe()}`);
  }

  #boolean(value: Json): boolean {
    if (typeof value === 'boolean') return value;
    throw this.#fault(`true or false is expected before ${this.#describe()}`);
  }

  /** `.name`, `[index]`, and an object right behind another, which is added to it. */
  #members(start: Json, names: Names): Json {
    let value = start;
    for (;;) {
      if (this.#takes('.')) value = this.#member(value, this.#name());
      else if (this.#takes('[')) {
        const key = this.#expression(names);
        this.#expect(']');
        value = this.#member(value, key);
      } else if (this.#peek().value === '{' && this.#peek().kind === 'sign' && isObject(value)) {
        value = { ...value, ...this.#nested(() => this.#object(names)) };
      } else if (this.#isSign('(')) throw this.#fault('functions are not supported');
      else return value;
    }
  }

  #member(value: Json, key: Json): Json {
    if (isObject(value) && typeof key === 'string' && Object.hasOwn(value, key)) return value[key] ?? null;
    if (Array.isArray(value) && typeof key === 'number' && key in value) return value[key] as Json;
    throw this.#fault(`there is no member ${JSON.stringify(key)} before ${this.#describe()}`);
  }

  #primary(names: Names): Json {
    const token = this.#take();
    if (token.kind === 'number') return Number(token.value);
    if (token.kind === 'text') return token.value;
    if (token.kind === 'word') return this.#word(token, names);
    if (token.value === '{') return this.#back(() => this.#object(names));
    if (token.value === '[') return this.#list(names);
    if (token.value === '(') {
      const value = this.#expression(names);
      this.#expect(')');
      return value;
    }
    if (token.value === '|||' || token.value === '$') {
      throw faultAt(this.#source, token.at, `'${token.value}' of Jsonnet is not supported`);
    }
    throw faultAt(this.#source, token.at, `${describe(token)} is not expected here`);
  }

  #word(token: Token, names: Names): Json {
    switch (token.value) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'null':
        return null;
      case 'local':
        return this.#expression(this.#locals(names, ';'));
      case 'if':
        return this.#condition(names);
      case 'std':
        throw this.#standard(token);
      default: {
        const value = names.get(token.value);
        if (value !== undefined) return value;
        const reason = REFUSED_WORDS.has(token.value)
          ? `'${token.value}' of Jsonnet is not supported: save the configuration as plain JSON`
          : `there is no variable '${token.value}'`;
        throw faultAt(this.#source, token.at, reason);
      }
    }
  }

  #standard(token: Token): unknown {
    const name = this.#takes('.') ? this.#name() : '';
    if (name !== 'extVar') {
      return faultAt(this.#source, token.at, `std.${name} of Jsonnet is not supported: write its value`);
    }
    const argument = this.#takes('(') && this.#peek().kind === 'text' ? this.#peek().value : '...';
    return faultAt(
      this.#source,
      token.at,
      `std.extVar('${argument}') takes a variable of the environment of the training, which is not known here: write its value`,
    );
  }

  #condition(names: Names): Json {
    const isMet = this.#boolean(this.#expression(names));
    this.#expectWord('then');
    const met = this.#expression(names);
    const hasElse = this.#peek().kind === 'word' && this.#peek().value === 'else';
    if (hasElse) this.#take();
    const otherwise = hasElse ? this.#expression(names) : null;
    return isMet ? met : otherwise;
  }

  /** Bindings up to `end`, each of which sees those before it. */
  #locals(outer: Names, end: ';' | undefined): Names {
    const names = new Map(outer);
    do {
      const name = this.#name();
      if (this.#isSign('(')) throw this.#fault('functions are not supported');
      this.#expect('=');
      names.set(name, this.#expression(names));
    } while (end !== undefined && this.#takes(','));
    if (end !== undefined) this.#expect(end);
    return names;
  }

  #list(names: Names): Json {
    const items: Json[] = [];
    while (!this.#takes(']')) {
      items.push(this.#expression(names));
      if (this.#takes(']')) break;
      this.#expect(',');
    }
    return items;
  }

  #object(outer: Names): { readonly [key: string]: Json } {
    this.#expect('{');
    let names = outer;
    const entries = new Map<string, Json>();
    while (!this.#takes('}')) {
      if (this.#peek().kind === 'word' && this.#peek().value === 'local') {
        this.#take();
        names = this.#locals(names, undefined);
      } else {
        const key = this.#key(names);
        if (entries.has(key)) throw this.#fault(`'${key}' is there twice`);
        entries.set(key, this.#field(names));
      }
      if (this.#takes('}')) break;
      this.#expect(',');
    }
    return Object.fromEntries(entries);
  }

  #key(names: Names): string {
    if (this.#peek().kind === 'text') return this.#take().value;
    if (this.#peek().kind === 'word') return this.#name();
    this.#expect('[');
    const key = this.#expression(names);
    this.#expect(']');
    if (typeof key === 'string') return key;
    throw this.#fault('a key is not text');
  }

  #field(names: Names): Json {
    if (this.#peek().value !== ':' && /^\+?:+$/.test(this.#peek().value)) {
      throw this.#fault(`'${this.#peek().value}' of Jsonnet is not supported`);
    }
    this.#expect(':');
    return this.#expression(names);
  }

  #nested<Result>(work: () => Result): Result {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#fault('it is nested too deeply');
    const result = work();
    this.#depth -= 1;
    return result;
  }

  #back<Result>(work: () => Result): Result {
    this.#next -= 1;
    return work();
  }

  #name(): string {
    const token = this.#take();
    if (token.kind === 'word' && !WORDS.has(token.value)) return token.value;
    throw faultAt(this.#source, token.at, `a name is expected, not ${describe(token)}`);
  }

  #oneOf(signs: readonly string[]): string | undefined {
    return signs.find((sign) => this.#takes(sign));
  }

  #isSign(sign: string): boolean {
    return this.#peek().kind === 'sign' && this.#peek().value === sign;
  }

  #takes(sign: string): boolean {
    if (!this.#isSign(sign)) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#fault(`'${sign}' is expected, not ${this.#describe()}`);
  }

  #expectWord(word: string): void {
    const token = this.#take();
    if (token.kind !== 'word' || token.value !== word) {
      throw faultAt(this.#source, token.at, `'${word}' is expected, not ${describe(token)}`);
    }
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #describe(): string {
    return describe(this.#peek());
  }

  #fault(reason: string): unknown {
    return faultAt(this.#source, this.#peek().at, reason);
  }
}

function describe({ kind, value }: Token): string {
  return kind === 'end' ? value : `'${value.slice(0, 50)}'`;
}
