import type { RowError } from '../errors.ts';

const BYTE_ORDER_MARK = '\ufeff';

/** Valid UTF-8 as a string, without a byte order mark. */
export function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

export const isBlank = (text: string): boolean => text.trim() === '';

export const rowError = (code: RowError['code'], message: string): RowError => ({ code, message });

/** Old Macintosh files have nothing else between their lines, which are then taken for one. */
export const STRAY_RETURN =
  'End lines with a newline, or a carriage return and a newline: a carriage return alone ends none.';

/** Values or fields that a row may have: more take too long to read in one piece. */
export const MOST_VALUES = 50_000;

/** Whether more than `MOST_VALUES` of these characters stand outside quotes: about as many as there are values. */
export function holdsMore(text: string, separators: string, escaper = ''): boolean {
  if (text.length <= MOST_VALUES) return false;
  let [count, isQuoted] = [0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) i += character === escaper ? 1 : 0;
    else if (separators.includes(character)) count += 1;
  }
  return count > MOST_VALUES;
}
