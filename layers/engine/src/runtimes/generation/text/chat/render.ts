/** Renders a chat template as `apply_chat_template` of transformers does. It is imported when a model is sent its first conversation. */
import { createEnvironment, type Node, parseTemplate, runTemplate } from './library.ts';
import { declarePython, toPython } from './python-template.ts';
import { formatTime } from './time.ts';

/** Numbers that `range` gives: no template needs near as many, and a wrong one would take the memory. */
const LONGEST_RANGE = 100_000;
/** Characters of a conversation: far more than any service takes. */
const LONGEST_TEXT = 20_000_000;

export type ParsedTemplate = Node;

/** @throws Error that says where the template is wrong */
export const parsePython = (template: string): ParsedTemplate => toPython(parseTemplate(template));

/** @throws Error of the template: what it raises itself, or what Python would raise */
export function render(template: ParsedTemplate, variables: Readonly<Record<string, unknown>>): string {
  const environment = createEnvironment();
  declarePython(environment);
  const declare = (name: string, value: unknown): void => {
    environment.setVariable(name, createEnvironment().set('value', value));
  };
  for (const [name, value] of [
    ['true', true],
    ['false', false],
    ['none', null],
  ] as const) {
    declare(name, value);
    declare(name.charAt(0).toUpperCase() + name.slice(1), value);
  }
  declare('raise_exception', (message: unknown) => {
    throw new Error(String(message));
  });
  declare('range', range);
  declare('strftime_now', (format: unknown) => formatTime(new Date(), String(format)));
  for (const [name, value] of Object.entries(variables)) declare(name, value);
  const text = runTemplate(template, environment);
  if (text.length > LONGEST_TEXT) throw new RangeError(`a text of ${text.length} characters is too long`);
  return text;
}

function range(first: number, second?: number, step = 1): number[] {
  const [from, to] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= LONGEST_RANGE)) throw new RangeError(`a range of ${length} numbers is too long`);
  return Array.from({ length }, (_, index) => from + index * step);
}
