import type { MiddlewareObj } from '@middy/core';
import { errorReply } from '@pilotlight/app/internal/http/errors';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { WarmUpError } from './warm-up.ts';

/**
 * Answers what the app did not catch, such as an event that is no HTTP request, with the body of every
 * error. A warm-up that is refused is an invocation that failed, because its sender speaks no HTTP.
 */
export function errorBoundary(logger: Logger): MiddlewareObj<unknown, unknown> {
  return {
    name: 'error-boundary',
    onError: (request) => {
      if (request.error instanceof WarmUpError) return;
      logger.error('An invocation failed', { error: request.error });
      const { status, headers, body } = errorReply(request.error);
      request.response = {
        statusCode: status,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        isBase64Encoded: false,
      };
    },
  };
}
