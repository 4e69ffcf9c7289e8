import * as z from 'zod';

/** What every task takes. */
export const commonParameters = {
  /** Cut an input that is too long for the model, instead of refusing it. */
  truncate: z.boolean().default(false),
};

export type CommonParameters = { readonly truncate: boolean };
