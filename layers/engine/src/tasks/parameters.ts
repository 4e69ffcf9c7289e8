import * as z from 'zod/mini';
import type { TruncationDirection } from '../ports.ts';

/** What every task takes. */
export const commonParameters = {
  /** Cut an input that is too long for the model, instead of refusing it. */
  truncate: z._default(z.boolean(), false),
  /** Which end of a text is cut off. */
  truncation_direction: z._default(z.enum(['right', 'left']), 'right'),
};

export type CommonParameters = {
  readonly truncate: boolean;
  readonly truncation_direction: TruncationDirection;
};
