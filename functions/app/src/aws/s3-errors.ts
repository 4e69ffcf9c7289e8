import { S3ServiceException } from '@aws-sdk/client-s3';

/** Whether S3 answered with a status from `lowest` to `highest`. */
export function isS3Status(error: unknown, lowest: number, highest = lowest): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const status = error.$metadata.httpStatusCode ?? 0;
  return status >= lowest && status <= highest;
}
