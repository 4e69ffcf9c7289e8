/** The formats of files, by the end of their names. */
import { BatchError } from '../errors.ts';

export interface Format {
  readonly kind: 'jsonl' | 'csv' | 'txt';
  readonly gzip: boolean;
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.jsonl': { kind: 'jsonl', gzip: false },
  '.jsonl.gz': { kind: 'jsonl', gzip: true },
  '.csv': { kind: 'csv', gzip: false },
  '.csv.gz': { kind: 'csv', gzip: true },
  '.txt': { kind: 'txt', gzip: false },
};

/** @throws BatchError FORMAT_NOT_SUPPORTED */
export function detectFormat(name: string): Format {
  const lower = name.toLowerCase();
  const found = Object.entries(FORMATS).find(([ending]) => lower.endsWith(ending));
  if (found) return found[1];
  throw new BatchError(
    'FORMAT_NOT_SUPPORTED',
    `The name must end in ${Object.keys(FORMATS)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ')}.`,
  );
}
