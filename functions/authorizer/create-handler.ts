/** API keys for the HTTP API: a Lambda authoriser, payload format 2.0, simple responses. */
import type { Logger } from '@aws-lambda-powertools/logger';
import {
  type ApiKey,
  findCaller,
  type KeyHeader,
  presentedKey,
} from '@pilotlight/app/internal/serve/callers/api-keys';
import type { CallerLimits } from '@pilotlight/app/internal/serve/callers/ports';
import * as z from 'zod/mini';

/** The part of API Gateway's event that the authoriser reads; header names are in lower case there. */
const eventSchema = z.object({
  version: z.literal('2.0'),
  type: z.literal('REQUEST'),
  headers: z.optional(z.record(z.string(), z.string())),
  requestContext: z.optional(z.object({ requestId: z.optional(z.string()) })),
});

export type AuthorizerResponse =
  | { readonly isAuthorized: false }
  /** `$context.authorizer.apiKeyName` in access logs; never the key. The function gets all of it, and holds the limits. */
  | { readonly isAuthorized: true; readonly context: { readonly apiKeyName: string } & CallerLimits };

export interface AuthorizerDependencies {
  /** Rejects where the keys cannot be had: nobody is let in then. */
  readonly apiKeys: () => Promise<readonly ApiKey[]>;
  /** The identity source, for which API Gateway keeps answers: no other header may have made them. @default 'either' */
  readonly header?: KeyHeader;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const REFUSED: AuthorizerResponse = { isAuthorized: false };

/**
 * Lets a request through that carries a known key in `x-api-key`, or in `authorization` as `Bearer KEY`. Of both, the
 * former counts. Identity source: for one of the two headers that header, which lets API Gateway cache the answers; for either, none
 * and no caching.
 *
 * @throws CallersError where the keys cannot be had: API Gateway answers 500, and does not cache it.
 */
export function createHandler({ apiKeys, header, logger }: AuthorizerDependencies) {
  return async (event: unknown): Promise<AuthorizerResponse> => {
    const parsed = eventSchema.safeParse(event);
    if (!parsed.success) {
      logger.warn('Refused: the event is not of payload format 2.0', {});
      return REFUSED;
    }
    const requestId = parsed.data.requestContext?.requestId;
    const { headers = {} } = parsed.data;
    const key = presentedKey((name) => headers[name], header);
    if (key === undefined) {
      logger.info('Refused: the request has no key', { requestId });
      return REFUSED;
    }
    const caller = findCaller(key, await readKeys({ apiKeys, logger }));
    if (!caller) {
      logger.warn('Refused: the key is not known', { requestId });
      return REFUSED;
    }
    return { isAuthorized: true, context: { apiKeyName: caller.name, ...caller.limits } };
  };
}

async function readKeys({
  apiKeys,
  logger,
}: Pick<AuthorizerDependencies, 'apiKeys' | 'logger'>): Promise<readonly ApiKey[]> {
  try {
    return await apiKeys();
  } catch (error) {
    logger.error('The API keys cannot be had, so nobody is let in', { error });
    throw error;
  }
}
