import type { MiddlewareObj } from '@middy/core';
import { errorReply } from '@pilotlight/app/internal/http/errors';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isHttpEvent } from './http-event.ts';

/**
 * Answers what the app did not catch with the body of every error, if somebody waits for an answer over HTTP. Whoever sent
 * another event learns of an error by an invocation that fails, and so does the metric `Errors` of the function.
 */
export function errorBoundary(logger: Logger): MiddlewareObj<unknown, unknown> {
  return {
    name: 'error-boundary',
    onError: (request) => {
      if (!isHttpEvent(request.event)) return;
      const { status, headers, body } = errorReply(request.error);
      if (status >= 500) logger.error('An invocation failed', { error: request.error });
      request.response = {
        statusCode: status,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        isBase64Encoded: false,
      };
    },
  };
}
