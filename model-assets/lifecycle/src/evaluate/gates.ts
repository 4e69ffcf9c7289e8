/** Gates: what must be true of the figures of an evaluation, as `accuracy>=0.9,flips<=5`. */
import { didYouMean } from '@pilotlight/model-format/errors';
import type { GateResult } from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';

const RELATIONS = {
  '>=': (value: number, bound: number) => value >= bound,
  '<=': (value: number, bound: number) => value <= bound,
  '>': (value: number, bound: number) => value > bound,
  '<': (value: number, bound: number) => value < bound,
  '==': (value: number, bound: number) => value === bound,
};
type Relation = keyof typeof RELATIONS;
const isRelation = (text: string): text is Relation => Object.hasOwn(RELATIONS, text);

export interface Gate {
  /** As the user wrote it, without blanks: two that mean the same in the same words are equal. */
  readonly gate: string;
  /** The name of a figure: `accuracy`, `change:accuracy`, `f1[refund]`, `accuracy[language=de]`. */
  readonly figure: string;
  readonly relation: Relation;
  readonly bound: number;
}

/**
 * Reads gates with commas between them; a comma within brackets parts none.
 *
 * @throws LifecycleError USAGE with the gate that cannot be read
 */
export function parseGates(text: string): Gate[] {
  return text
    .split(/,(?![^[]*\])/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseGate);
}

function parseGate(text: string): Gate {
  const [, figure = '', relation = '', bound = ''] =
    /^((?:[^<>=[\]]|\[[^\]]*\])+?)\s*(>=|<=|==|>|<)\s*([-+]?[\d.]+(?:e[-+]?\d+)?%?)$/i.exec(text) ?? [];
  const number = bound.endsWith('%') ? Number(bound.slice(0, -1)) / 100 : Number(bound);
  const name = figure.trim();
  if (name !== '' && isRelation(relation) && Number.isFinite(number))
    return { gate: `${name}${relation}${bound}`, figure: name, relation, bound: number };
  throw new LifecycleError(
    'USAGE',
    `The gate ${JSON.stringify(text)} cannot be read: write a figure, one of ${Object.keys(RELATIONS).join(' ')}, and a number, such as accuracy>=0.9.`,
  );
}

/**
 * Why the result of a gate is not one that `judgeGates` gives, such as one that a value does not bear out; undefined where it is one.
 *
 * @throws LifecycleError USAGE for a gate that cannot be read
 */
export function findResultFault({ gate: text, value, passed }: GateResult): string | undefined {
  const [gate, more] = parseGates(text);
  if (gate === undefined || more !== undefined || gate.gate !== text) return `${text} is not one gate`;
  const isPassed = value !== undefined && RELATIONS[gate.relation](value, gate.bound);
  if (isPassed === passed) return undefined;
  return `${text} has not ${passed ? 'passed' : 'failed'} with ${value ?? 'no value'}`;
}

/**
 * Judges each gate. One whose figure was not measured has not passed.
 *
 * @throws LifecycleError USAGE for a figure that this evaluation does not have, with those that it has
 */
export function judgeGates(
  gates: readonly Gate[],
  figures: ReadonlyMap<string, number>,
  about: Pick<GateResult, 'dataset' | 'manifestSha256'>,
): GateResult[] {
  return gates.map(({ gate, figure, relation, bound }) => {
    const value = figures.get(figure);
    if (value === undefined) {
      const names = [...figures.keys()];
      const hint = didYouMean(figure, names);
      const all = names.filter((name) => !name.includes('[')).join(', ');
      throw new LifecycleError(
        'USAGE',
        `There is no figure '${figure}' for the gate ${gate}${hint} There are ${all}.`,
      );
    }
    const measured = Number.isFinite(value);
    return {
      gate,
      ...(measured && { value }),
      passed: measured && RELATIONS[relation](value, bound),
      ...about,
    };
  });
}
