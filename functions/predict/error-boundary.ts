import type { MiddlewareObj } from '@middy/core';
import { errorReply } from '../shared/api/errors.ts';
import type { Logger } from '../shared/api/ports.ts';

/** Answers what the app did not catch, such as an event that is no HTTP request, with the body of every error. */
export function errorBoundary(logger: Logger): MiddlewareObj<unknown, unknown> {
  return {
    name: 'error-boundary',
    onError: (request) => {
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
