/** Keys that the authoriser of an HTTP API has checked before. */
import * as z from 'zod/mini';
import type { KeySource } from './ports.ts';

/** API Gateway may pass on what the authoriser told as text. */
const most = z.optional(z.coerce.number().check(z.int(), z.positive()));
const told = z.object({
  requestContext: z.object({
    authorizer: z.object({
      lambda: z.object({
        apiKeyName: z.string(),
        requestsPerMinute: most,
        tokensPerDay: most,
      }),
    }),
  }),
});

/** What the authoriser of an HTTP API told of a request. Whoever invokes the function past the API has IAM's word for it. */
export const gatewayKeys: KeySource = {
  callerOf: async ({ env }) => {
    const { data } = told.safeParse(env);
    if (!data) return undefined;
    const { apiKeyName: name, ...limits } = data.requestContext.authorizer.lambda;
    return { name, limits };
  },
};
