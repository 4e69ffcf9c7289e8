import * as z from 'zod/mini';
import type { TruncationDirection } from '../ports.ts';

/** The parameters that every task takes. */
export const commonParameters = {
  /** Cut an input that is too long for the model, instead of refusing it. */
  truncate: z._default(z.boolean(), false),
  /** The end of a text that is cut off. @default - that of the tokenizer, which mostly is 'right' */
  truncation_direction: z.optional(z.enum(['right', 'left'])),
};

export type CommonParameters = {
  readonly truncate: boolean;
  readonly truncation_direction?: TruncationDirection | undefined;
};
