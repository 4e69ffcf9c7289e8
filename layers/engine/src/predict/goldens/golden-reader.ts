/** Reads goldens.jsonl one golden at a time, round and round, because goldens are many and one check takes one. */
import { closeSync, readSync } from 'node:fs';
import { openRegularFile } from '@pilotlight/model-format';
import { type Golden, goldenSchema, goldensHeaderSchema } from './golden.ts';
import { parseGoldenLine, uselessGoldens } from './golden-line.ts';

const NEWLINE = 0x0a;
/** A golden of a few hundred tokens and 1,024 values has 30 kB. */
const CHUNK = 1 << 15;
const MAX_LINE = 1 << 22;

export interface NextGolden {
  /** Number of its line in the file, from 2: the first is the header. */
  readonly line: number;
  readonly golden: Golden;
  /** Largest absolute difference that is accepted, for each variant. */
  readonly tolerance: Readonly<Record<string, number>>;
}

/** Where a line of the file ended and which it was. */
interface Position {
  readonly offset: number;
  readonly line: number;
}

export class GoldenReader {
  readonly #path: string;
  #skip: number;
  #start: { readonly position: Position; readonly tolerance: NextGolden['tolerance'] } | undefined;
  #next: Position | undefined;

  /**
   * Touches no file: `path` is opened at each call of `next`.
   *
   * @param skip - goldens to pass over at first. Environments live for hours, and run a golden every few minutes: if all
   * began with the first, none would come to the last.
   */
  constructor(path: string, skip = 0) {
    this.#path = path;
    this.#skip = skip;
  }

  /**
   * The golden after the one that the last call gave; after the last comes the first.
   *
   * @throws EngineError PACKAGE_CORRUPT
   */
  async next(): Promise<NextGolden> {
    const file = openGoldens(this.#path);
    try {
      this.#start ??= readHeader(file);
      const { position, tolerance } = this.#start;
      for (; ; this.#skip--) {
        const found = readLine(file, this.#next ?? position) ?? readLine(file, position);
        if (!found) throw uselessGoldens('there is none');
        this.#next = found.end;
        const { line } = found.end;
        if (this.#skip <= 0)
          return { line, tolerance, golden: parseGoldenLine(goldenSchema, found.text, line) };
      }
    } finally {
      closeSync(file);
    }
  }
}

function openGoldens(path: string): number {
  try {
    return openRegularFile(path);
  } catch (cause) {
    throw uselessGoldens('they cannot be read', cause);
  }
}

function readHeader(file: number) {
  const found = readLine(file, { offset: 0, line: 0 });
  if (!found) throw uselessGoldens('line 1 is empty');
  const { tolerance } = parseGoldenLine(goldensHeaderSchema, found.text, 1);
  return { position: found.end, tolerance };
}

/** The line after `from`, or undefined where the file ends there. @throws EngineError PACKAGE_CORRUPT for a line without end */
function readLine(file: number, from: Position): { text: string; end: Position } | undefined {
  const line = from.line + 1;
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const bytesRead = readSync(file, chunk, 0, CHUNK, from.offset + length);
    if (bytesRead === 0 && length === 0) return undefined;
    const newline = chunk.subarray(0, bytesRead).indexOf(NEWLINE);
    const taken = newline < 0 ? bytesRead : newline;
    chunks.push(chunk.subarray(0, taken));
    length += taken;
    if (length > MAX_LINE) throw uselessGoldens(`line ${line} is longer than ${MAX_LINE} bytes`);
    if (newline >= 0 || bytesRead === 0) break;
  }
  return { text: Buffer.concat(chunks).toString('utf8'), end: { offset: from.offset + length + 1, line } };
}
