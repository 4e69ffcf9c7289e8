/** Keys that this process checks itself. */
import { HttpError } from '../../http/errors.ts';
import type { Logger } from '../ports.ts';
import { type ApiKey, findCaller, presentedKey } from './api-keys.ts';
import type { KeySource } from './ports.ts';

/** Compares the keys of requests with those of a secret. Rejections of `apiKeys` are logged, and nobody is let in. */
export function ownKeys(apiKeys: () => Promise<readonly ApiKey[]>, logger: Logger): KeySource {
  return {
    callerOf: async ({ req }) => {
      const key = presentedKey((name) => req.header(name));
      if (key === undefined) {
        throw new HttpError(
          'UNAUTHORIZED',
          'The request has no key. Send one as x-api-key, or as Authorization: Bearer KEY.',
        );
      }
      const caller = findCaller(key, await readKeys(apiKeys, logger));
      if (caller) return caller;
      throw new HttpError('UNAUTHORIZED', 'The key is not known here. Send one of this deployment.');
    },
  };
}

async function readKeys(
  apiKeys: () => Promise<readonly ApiKey[]>,
  logger: Logger,
): Promise<readonly ApiKey[]> {
  try {
    return await apiKeys();
  } catch (cause) {
    logger.error('The API keys cannot be had, so nobody is let in', { error: cause });
    throw new HttpError('KEYS_UNAVAILABLE', 'Keys cannot be checked now. Send the request again later.', {
      cause,
    });
  }
}
