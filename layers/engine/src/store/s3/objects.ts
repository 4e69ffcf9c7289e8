/** The interface of a bucket that files are fetched from, and its errors. */
import { PilotlightError } from '@pilotlight/model-format/errors';

/** A part of an object, in bytes, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectPart {
  readonly etag: string | undefined;
  /** Bytes of the whole object. */
  readonly objectBytes: number;
  /** The bytes of the range; a broken connection may end it early, with an error or without. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly range: ByteRange;
  /** The ETag that the object must have, else the read fails with OBJECT_CHANGED. @default - any */
  readonly etag?: string | undefined;
  /** The ETag that the object must not have, else the read fails with OBJECT_UNCHANGED. @default - any */
  readonly unless?: string | undefined;
  readonly signal: AbortSignal;
}

export interface ObjectReader {
  /** @throws ObjectError */
  read(key: string, options: ReadOptions): Promise<ObjectPart>;
}

export type ObjectErrorCode =
  | 'OBJECT_MISSING'
  | 'OBJECT_CHANGED'
  | 'OBJECT_UNCHANGED'
  | 'CONTENT_DIFFERS'
  | 'ACCESS_DENIED'
  | 'REQUEST_REFUSED'
  | 'CONNECTION_FAILED'
  | 'CONNECTION_STALLED'
  | 'SERVER_BUSY';

/** The errors that another attempt may mend. */
const TRANSIENT: readonly ObjectErrorCode[] = ['CONNECTION_FAILED', 'CONNECTION_STALLED', 'SERVER_BUSY'];

/** Names the object: for the log, not for clients. */
export class ObjectError extends PilotlightError<ObjectErrorCode> {
  override readonly name = 'ObjectError';

  get transient(): boolean {
    return TRANSIENT.includes(this.code);
  }
}
