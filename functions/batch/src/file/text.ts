import type { RowError } from '../errors.ts';

const BYTE_ORDER_MARK = '\ufeff';

/** Valid UTF-8 as a string, without a byte order mark. */
export function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

export const isBlank = (text: string): boolean => text.trim() === '';

export const rowError = (code: RowError['code'], message: string): RowError => ({ code, message });
