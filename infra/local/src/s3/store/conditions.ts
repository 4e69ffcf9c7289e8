/** Conditional requests. Writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from '../errors.ts';
import type { StoredObject } from './content.ts';

export interface WriteConditions {
  /** The ETag of the object that may be replaced, or `*` for any. */
  readonly ifMatch?: string | undefined;
  /** `*`: only where there is no object. */
  readonly ifNoneMatch?: string | undefined;
}

/** @throws S3Error NotImplemented */
export function readWriteConditions(headers: IncomingHttpHeaders): WriteConditions {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Error('NotImplemented', 'If-None-Match of a write takes * and nothing else.');
  }
  return { ifMatch, ifNoneMatch };
}

/** `there` is what lies at the key now. @throws S3Error NoSuchKey, PreconditionFailed */
export function checkWrite({ ifMatch, ifNoneMatch }: WriteConditions, there: StoredObject | undefined): void {
  if (ifNoneMatch !== undefined && there) throw failed('If-None-Match');
  if (ifMatch === undefined) return;
  if (!there) throw new S3Error('NoSuchKey', 'There is no such object to replace.');
  if (!matches(ifMatch, there.etag)) throw failed('If-Match');
}

/**
 * The same at the end of a write, where `begun` is what lay at the key when it began. A condition that held then and does not hold any
 * more is a conflict with whoever was quicker: the client is to look, and to write again.
 *
 * @throws S3Error NoSuchKey, PreconditionFailed, ConditionalRequestConflict
 */
export function checkEndOfWrite(
  conditions: WriteConditions,
  there: StoredObject | undefined,
  begun: StoredObject | undefined,
): void {
  try {
    checkWrite(conditions, there);
  } catch (error) {
    if (there === begun || !holds(conditions, begun)) throw error;
    throw new S3Error('ConditionalRequestConflict', 'Another request came in between. Write it again.');
  }
}

function holds(conditions: WriteConditions, there: StoredObject | undefined): boolean {
  try {
    checkWrite(conditions, there);
    return true;
  } catch {
    return false;
  }
}

/** Whether the client has what it asks for already (304). @throws S3Error PreconditionFailed */
export function isUnchanged(headers: IncomingHttpHeaders, { etag, modified }: StoredObject): boolean {
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-modified-since': since,
    'if-unmodified-since': until,
  } = headers;
  const seconds = Math.floor(modified.getTime() / 1000) * 1000;
  if (ifMatch !== undefined && !matches(ifMatch, etag)) throw failed('If-Match');
  if (ifMatch === undefined && until !== undefined && seconds > Date.parse(until)) {
    throw failed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag);
  return since !== undefined && seconds <= Date.parse(since);
}

/** Clients send ETags with quotes and without. */
function matches(condition: string, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '').replaceAll('"', '');
  return condition.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}

function failed(header: string): S3Error {
  return new S3Error('PreconditionFailed', `The condition ${header} does not hold.`);
}
