/** Errors as AWS's clients read them: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization */
import type { ErrorFormat } from '../../http/errors.ts';
import { formatError as huggingFaceError } from '../hugging-face/errors.ts';

/** The errors of the operation InvokeEndpoint, and the one that every client of AWS waits for. */
function errorType(status: number): string {
  if (status === 429) return 'ThrottlingException';
  return status < 500 ? 'ValidationError' : 'InternalFailure';
}

/** Those of Hugging Face, with the `message` and the type that AWS's clients show. */
export const formatError: ErrorFormat = (reply, route) => {
  const { status, headers, body } = huggingFaceError(reply, route);
  return {
    status,
    headers: { ...headers, 'x-amzn-errortype': errorType(status) },
    body: { message: reply.body.error, ...body },
  };
};
