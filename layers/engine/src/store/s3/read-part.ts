import { withAttempts } from './attempts.ts';
import { type ByteRange, ObjectError, type ObjectPart, type ObjectReader } from './objects.ts';
import type { TransferOptions } from './transfer.ts';

export interface PartRequest {
  readonly key: string;
  readonly range: ByteRange;
  /** Gets the bytes; as long as the range. */
  readonly into: Uint8Array;
  /** The ETag that the object must have, asked for before each attempt. */
  readonly etag: () => string | undefined;
  /** Is shown every answer before its bytes; what it throws ends the attempt. */
  readonly accept: (part: ObjectPart) => void;
  readonly signal: AbortSignal;
}

/** Reads one range, going on where a broken, short or stalled connection ended. @throws ObjectError */
export async function readPart(
  objects: ObjectReader,
  { key, range, into, etag, accept, signal }: PartRequest,
  options: TransferOptions,
): Promise<void> {
  let filled = 0;
  const goOn = async (attempt: { signal: AbortSignal; arrived: () => void }) => {
    const rest = { start: range.start + filled, end: range.end };
    const part = await objects.read(key, { range: rest, etag: etag(), signal: attempt.signal });
    accept(part);
    for await (const chunk of part.body) {
      attempt.arrived();
      into.set(chunk.subarray(0, into.length - filled), filled);
      filled = Math.min(filled + chunk.length, into.length);
    }
    if (filled === into.length) return;
    throw new ObjectError('CONNECTION_FAILED', `${key} ended ${into.length - filled} bytes early.`);
  };
  await withAttempts(goOn, signal, options);
}

/** An object of a size that is not known, up to `maxBytes`. @throws ObjectError */
export function readObject(
  objects: ObjectReader,
  key: string,
  maxBytes: number,
  options: TransferOptions,
): Promise<Buffer> {
  const read = async (attempt: { signal: AbortSignal; arrived: () => void }) => {
    const range = { start: 0, end: maxBytes };
    const { objectBytes, body } = await objects.read(key, { range, signal: attempt.signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      attempt.arrived();
      chunks.push(chunk);
    }
    const content = Buffer.concat(chunks);
    if (content.length === objectBytes) return content;
    if (objectBytes > maxBytes)
      throw new ObjectError('CONTENT_DIFFERS', `${key} has more than ${maxBytes} bytes.`);
    throw new ObjectError('CONNECTION_FAILED', `${key} ended ${objectBytes - content.length} bytes early.`);
  };
  return withAttempts(read, new AbortController().signal, options);
}
