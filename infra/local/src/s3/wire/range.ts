import { S3Error } from '../errors.ts';

/** The first byte and the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The part of `bytes` that `Range` asks for; nothing where it asks for the whole, or in a form that S3 ignores. @throws S3Error InvalidRange */
export function readRange(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start <= end) return { start, end };
  throw new S3Error('InvalidRange', `The object has ${bytes} bytes, and none of them is in the range.`);
}
