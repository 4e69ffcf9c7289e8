import * as z from 'zod/mini';

/** What every task takes. */
export const commonParameters = {
  /** Cut an input that is too long for the model, instead of refusing it. */
  truncate: z._default(z.boolean(), false),
};

export type CommonParameters = { readonly truncate: boolean };
