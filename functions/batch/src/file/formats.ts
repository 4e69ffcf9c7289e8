/** The formats of files, by the end of their names and by how they are stored. */
import { BatchError } from '../errors.ts';

export interface Format {
  readonly kind: 'jsonl' | 'csv' | 'txt';
  /** By its name. */
  readonly gzip: boolean;
  /** Whether it is stored with `Content-Encoding: gzip`. @default false */
  readonly encoded?: boolean;
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.jsonl': { kind: 'jsonl', gzip: false },
  '.jsonl.gz': { kind: 'jsonl', gzip: true },
  '.csv': { kind: 'csv', gzip: false },
  '.csv.gz': { kind: 'csv', gzip: true },
  '.txt': { kind: 'txt', gzip: false },
};

/** Content codings that say nothing about the content as S3 stores it. */
const WITHOUT_MEANING = ['', 'identity', 'aws-chunked'];
const GZIP = ['gzip', 'x-gzip'];

/** `contentEncoding` is the header of that name. @throws BatchError FORMAT_NOT_SUPPORTED */
export function detectFormat(name: string, contentEncoding = ''): Format {
  const lower = name.toLowerCase();
  const found = Object.entries(FORMATS).find(([ending]) => lower.endsWith(ending));
  if (found) return isGzip(contentEncoding) ? { ...found[1], encoded: true } : found[1];
  throw new BatchError(
    'FORMAT_NOT_SUPPORTED',
    `The name must end in ${Object.keys(FORMATS)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ')}.`,
  );
}

function isGzip(contentEncoding: string): boolean {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !WITHOUT_MEANING.includes(coding));
  const [first, ...more] = codings;
  if (first === undefined) return false;
  if (GZIP.includes(first) && more.length === 0) return true;
  throw new BatchError(
    'FORMAT_NOT_SUPPORTED',
    `The Content-Encoding is ${JSON.stringify(contentEncoding)}; only gzip is understood. Store the file with gzip, or without compression.`,
  );
}
