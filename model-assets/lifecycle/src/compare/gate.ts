/** How many flips a comparison may have: `--max-flips 5`, or `1%` of all decisions. */
import { LifecycleError } from '../errors.ts';
import type { AnswerComparison } from './answers/compare.ts';

export interface FlipLimit {
  /** The limit as it was written. */
  readonly text: string;
  /** The most flips of so many decisions. */
  most(decisions: number): number;
}

/** @throws LifecycleError USAGE */
export function parseFlipLimit(text: string): FlipLimit {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
  const value = Number(digits);
  if (
    digits === undefined ||
    (percent === '' && !Number.isInteger(value)) ||
    (percent === '%' && value > 100)
  )
    throw new LifecycleError(
      'USAGE',
      `--max-flips takes a number or a share, such as 5 or 1%, not ${JSON.stringify(text)}.`,
    );
  return {
    text: text.trim(),
    most: (decisions) => (percent === '%' ? Math.floor((decisions * value) / 100) : value),
  };
}

/** Whether a comparison keeps to the limit. */
export function keepsTo({ decisions }: Pick<AnswerComparison, 'decisions'>, limit: FlipLimit): boolean {
  return decisions.changed <= limit.most(decisions.total);
}
