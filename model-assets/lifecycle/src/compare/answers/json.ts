/** Reads JSON that a predictor answers: texts and whole numbers are decisions, all other numbers are scores. */
import type { Answer, Decision } from './answer.ts';

/** What AllenNLP's predictors answer beside the prediction, and that means nothing: the loss of a label that there is not. */
const isLoss = (name: string): boolean => name === 'loss' || name.endsWith('_loss');

export function readJson(result: unknown): Pick<Answer, 'decisions' | 'scores'> {
  const decisions: Decision[] = [];
  const scores: [string, number][] = [];
  const visit = (value: unknown, path: string, isWhole: boolean): void => {
    if (typeof value === 'number') {
      if (isWhole) decisions.push({ at: path, choice: String(value) });
      else scores.push([path, value]);
    } else if (isList(value)) {
      // A list of probabilities may have a 1 in it: numbers of one list are all of one kind.
      const numbers = Array.from(value).filter((entry) => typeof entry === 'number');
      const whole = numbers.every(Number.isInteger);
      for (let index = 0; index < value.length; index++) visit(value[index], `${path}[${index}]`, whole);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, own] of Object.entries(value))
        if (!isLoss(name)) visit(own, path === '' ? name : `${path}.${name}`, Number.isInteger(own));
    } else if (value !== undefined) decisions.push({ at: path, choice: String(value) });
  };
  visit(result, '', Number.isInteger(result));
  return { decisions, scores };
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || value instanceof Float32Array;

/** Every value of JSON that is no object and no list, by its path: `textProcessing.maxTokens`. */
export function leavesOf(json: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      if (value !== undefined) leaves.set(path, JSON.stringify(value));
      return;
    }
    const entries = Object.entries(value);
    if (entries.length === 0) leaves.set(path, Array.isArray(value) ? '[]' : '{}');
    for (const [name, own] of entries) {
      const step = Array.isArray(value) ? `[${name}]` : path === '' ? name : `.${name}`;
      visit(own, path + step);
    }
  };
  visit(json, '');
  return leaves;
}
