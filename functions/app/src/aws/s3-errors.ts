import { S3ServiceException } from '@aws-sdk/client-s3';

/** Whether S3 answered with a status from `lowest` to `highest`. */
export function isS3Status(error: unknown, lowest: number, highest = lowest): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const status = error.$metadata.httpStatusCode ?? 0;
  return status >= lowest && status <= highest;
}

/** Whether S3 says that there is no such object. A bucket that is not there is another matter. */
export function isMissingObject(error: unknown): boolean {
  return isS3Status(error, 404) && error instanceof S3ServiceException && error.name !== 'NoSuchBucket';
}
