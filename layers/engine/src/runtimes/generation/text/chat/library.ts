/**
 * @huggingface/jinja, as far as it is used: its parser, and its interpreter for the flow of a template. Its declarations do not resolve
 * under the module resolution of Node, and it does not export the classes of its values: these are taken from values that it makes itself.
 */
import {
  Environment as LibraryEnvironment,
  Interpreter as LibraryInterpreter,
  parse as libraryParse,
  tokenize,
} from '@huggingface/jinja';

/** A value of a template; `type` says which. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
  __bool__(): { readonly value: boolean };
}

/** A part of a parsed template. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Environment {
  set(name: string, value: unknown): Value;
  setVariable(name: string, value: Value): Value;
}

export const createEnvironment = (): Environment => new LibraryEnvironment();

/** Parses a template, with the white space that `apply_chat_template` of transformers takes away. */
export const parseTemplate = (template: string): Node =>
  libraryParse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));

/** Runs a parsed template. */
export const runTemplate = (program: Node, environment: Environment): string =>
  new LibraryInterpreter(environment).run(program).value;

type Constructor<T> = new (value: T) => Value;
const sample = (value: unknown): Value => createEnvironment().set('sample', value);
const classOf = <T>(value: Value): Constructor<T> => value.constructor as Constructor<T>;

const IntegerValue = classOf<number>(sample(1));
const FloatValue = classOf<number>(sample(1.5));
const ListValue = classOf<readonly Value[]>(sample([]));
const FunctionValue = classOf<(given: Value[]) => Value>(sample(() => null));

/** A function of a template. Keyword arguments come last, as one value. */
export type TemplateFunction = (...given: Value[]) => Value;

export const integer = (value: number): Value => new IntegerValue(value);
export const float = (value: number): Value => new FloatValue(value);
export const list = (items: readonly Value[]): Value => new ListValue(items);
export const string = (value: string): Value => sample(value);
export const truth = (value: boolean): Value => sample(value);
export const callable = (run: TemplateFunction): Value => new FunctionValue((given) => run(...given));
export const UNDEFINED = sample(undefined);
