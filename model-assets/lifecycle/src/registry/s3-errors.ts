/** Errors of S3 in one line that says what to do. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { LifecycleError } from '../errors.ts';

/**
 * The error of a request to a registry, in the words of somebody who may mend it; one of ours is given back as it is.
 *
 * @param place - `s3://BUCKET/PREFIX`, or the address of an object
 */
export function explainS3Error(error: unknown, place: string): unknown {
  if (error instanceof LifecycleError) return error;
  // That of the engine's reader has the answer of S3 as its cause.
  const source = PilotlightError.is(error) && error.cause !== undefined ? error.cause : error;
  if (PilotlightError.is(source)) return source;
  return new LifecycleError('REGISTRY_UNREACHABLE', `${place} cannot be used: ${explain(source)}`, {
    cause: error,
  });
}

function explain(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'NoSuchBucket')
    return 'there is no such bucket. Make it, or compare --registry with its name.';
  if (name === 'CredentialsProviderError' || /could not load credentials/i.test(message)) {
    return 'there are no credentials. Run aws configure or aws sso login, or set AWS_PROFILE.';
  }
  if (/region is missing/i.test(message)) return 'no region is set. Set AWS_REGION to that of the bucket.';
  if (!(error instanceof S3ServiceException)) {
    return `no answer came (${name}: ${message}). Look at the network, AWS_REGION and AWS_ENDPOINT_URL_S3.`;
  }
  const status = error.$metadata.httpStatusCode ?? 0;
  if (name === 'ExpiredToken' || name === 'ExpiredTokenException')
    return 'the credentials have expired. Sign in again.';
  if (status === 403) {
    return `it is denied (${name}). Grant s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket of it, as docs/reference/registry.md lists them.`;
  }
  if (
    status === 301 ||
    name === 'AuthorizationHeaderMalformed' ||
    name === 'IllegalLocationConstraintException'
  )
    return `it lies in another region (${name}). Set AWS_REGION to that of the bucket.`;
  if (status === 501) return `it lacks what a registry needs (${message}).`;
  return `it answered ${status} ${name}: ${message}`;
}
