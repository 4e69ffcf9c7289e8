import { formatModelRef } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import type { ResolvedRef } from '../../ports.ts';
import { ObjectError, type ObjectErrorCode } from './objects.ts';

const REASONS: Readonly<Record<ObjectErrorCode, string>> = {
  OBJECT_MISSING: 'an object of it is not in the bucket. Deploy it again',
  OBJECT_CHANGED: 'an object of it changed while it was fetched. Deploy it again',
  OBJECT_UNCHANGED: 'an object of it is as it was. Ask for it without a condition',
  CONTENT_DIFFERS: 'an object of it is not the file that the manifest names. Deploy it again',
  ACCESS_DENIED: 'the objects of it may not be read. Grant s3:GetObject on them to the function',
  REQUEST_REFUSED: 'the bucket refused the request. Look at the cause',
  CONNECTION_FAILED:
    'the connection to the bucket broke again and again. Look at the network of the function',
  CONNECTION_STALLED: 'the connection to the bucket stood still. Look at the network of the function',
  SERVER_BUSY: 'the bucket was busy at every attempt. Try again later',
};

const CORRUPT: readonly ObjectErrorCode[] = ['OBJECT_CHANGED', 'CONTENT_DIFFERS'];

/** Turns the error of a fetch into one of the engine, which names the model; bucket, key and file system stay in the cause. */
export function fetchFailure(error: unknown, ref: ResolvedRef): unknown {
  if (error instanceof ObjectError) {
    const code = CORRUPT.includes(error.code) ? 'PACKAGE_CORRUPT' : 'PACKAGE_UNAVAILABLE';
    return failure(code, ref, REASONS[error.code], error);
  }
  if (error instanceof EngineError) return error;
  const full = hasCode(error, 'ENOSPC', 'EDQUOT');
  const reason = full
    ? 'its files do not fit on the disk. Give the function more ephemeral storage'
    : 'its files could not be written. Look at the cause';
  return failure('PACKAGE_UNAVAILABLE', ref, reason, error);
}

export function failure(
  code: 'PACKAGE_CORRUPT' | 'PACKAGE_UNAVAILABLE',
  ref: ResolvedRef,
  reason: string,
  cause?: unknown,
): EngineError {
  return new EngineError(code, `Model ${formatModelRef(ref)} cannot be fetched: ${reason}.`, {
    details: { model: ref.name, version: ref.version },
    cause,
  });
}
