/** `strftime` of Python, in English. */

const name = (date: Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-US', options).format(date);
const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

const DAY_MS = 24 * 60 * 60 * 1000;

const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => pad(date.getFullYear() % 100),
  m: (date) => pad(date.getMonth() + 1),
  d: (date) => pad(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  B: (date) => name(date, { month: 'long' }),
  b: (date) => name(date, { month: 'short' }),
  A: (date) => name(date, { weekday: 'long' }),
  a: (date) => name(date, { weekday: 'short' }),
  H: (date) => pad(date.getHours()),
  I: (date) => pad(date.getHours() % 12 || 12),
  M: (date) => pad(date.getMinutes()),
  S: (date) => pad(date.getSeconds()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  j: (date) =>
    pad(Math.round((startOfDay(date) - startOfDay(new Date(date.getFullYear(), 0, 1))) / DAY_MS) + 1, 3),
  '%': () => '%',
};

const startOfDay = (date: Date): number =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Writes a time as its format says; `-` before a letter takes the zeros in front away. */
export const formatTime = (date: Date, format: string): string =>
  format.replace(/%(-?)([a-zA-Z%])/g, (written, bare: string, letter: string) => {
    const part = Object.hasOwn(PARTS, letter) ? PARTS[letter]?.(date) : undefined;
    if (part === undefined) return written;
    return bare === '' ? part : part.replace(/^0+(?=\d)/, '');
  });
