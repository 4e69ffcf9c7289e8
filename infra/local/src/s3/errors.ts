import { PilotlightError } from '@pilotlight/model-format/errors';

/** S3's own codes and statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const STATUS_OF = {
  AccessDenied: 403,
  BadDigest: 400,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  /** Not of S3, whose disks are never full; clients do not try it again. */
  StorageFull: 507,
} as const;

export type S3ErrorCode = keyof typeof STATUS_OF;

/** An error of S3 itself, which its client gets as it is. */
export class S3Error extends PilotlightError<S3ErrorCode> {
  override readonly name = 'S3Error';

  get status(): number {
    return STATUS_OF[this.code];
  }
}
