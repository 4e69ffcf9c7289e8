/** The words of a Jsonnet file (https://jsonnet.org/ref/spec.html#lexing), as far as configurations of AllenNLP have them. */
import { ToolchainError } from '../../../errors.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  /** Of a text its value, without quotation marks. */
  readonly value: string;
  readonly at: number;
}

const SPACE = /(?:\s|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const WORD = /[a-zA-Z_]\w*/y;
const NUMBER = /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SIGN = /\|\|\||::?:?|\+:{1,3}|==|!=|<=|>=|&&|\|\||[{}[\](),.;=+\-*/%<>!$]/y;
const QUOTED = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const VERBATIM = /@"(?:[^"]|"")*"|@'(?:[^']|'')*'/y;

/** @throws ToolchainError SOURCE_INVALID with the line */
export function tokenise(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    at += match(SPACE)?.length ?? 0;
    if (at >= source.length) break;
    const token = nextToken(match, source, at);
    tokens.push(token.token);
    at += token.length;
  }
  tokens.push({ kind: 'end', value: 'the end of the file', at });
  return tokens;
}

function nextToken(
  match: (pattern: RegExp) => string | undefined,
  source: string,
  at: number,
): { token: Token; length: number } {
  const word = match(WORD);
  if (word !== undefined) return { token: { kind: 'word', value: word, at }, length: word.length };
  const number = match(NUMBER);
  if (number !== undefined) return { token: { kind: 'number', value: number, at }, length: number.length };
  const quoted = match(QUOTED);
  if (quoted !== undefined) {
    return { token: { kind: 'text', value: readEscapes(source, quoted, at), at }, length: quoted.length };
  }
  const verbatim = match(VERBATIM);
  if (verbatim !== undefined) {
    const mark = verbatim.charAt(1);
    const value = verbatim.slice(2, -1).replaceAll(mark + mark, mark);
    return { token: { kind: 'text', value, at }, length: verbatim.length };
  }
  const sign = match(SIGN);
  if (sign === undefined) throw faultAt(source, at, `'${source.charAt(at)}' is not understood`);
  return { token: { kind: 'sign', value: sign, at }, length: sign.length };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function readEscapes(source: string, quoted: string, at: number): string {
  return quoted.slice(1, -1).replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    const value = ESCAPES[escaped];
    if (value === undefined) throw faultAt(source, at, `the escape \\${escaped} is not understood`);
    return value;
  });
}

export function faultAt(source: string, at: number, reason: string): ToolchainError {
  const line = source.slice(0, at).split('\n').length;
  return new ToolchainError('SOURCE_INVALID', `config.json, line ${line}: ${reason}.`);
}
