/** From windows of rows to parts of the output: what is written at once, and where a later run can go on. */
import { BatchError } from '../errors.ts';
import type { Answer } from './answers.ts';
import { type Position, START } from './position.ts';
import type { Row } from './rows.ts';
import type { Window } from './windows.ts';

/** All that is known of a file up to the end of a part; with the part it is what a later run goes on from. */
export interface Progress {
  /** Parts up to here. */
  readonly parts: number;
  readonly position: Position;
  readonly rowsOut: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Spent on these rows, in however many runs. */
  readonly seconds: number;
}

export const NO_PROGRESS: Progress = { parts: 0, position: START, rowsOut: 0, errors: {}, seconds: 0 };

export interface Part {
  /** From 0. */
  readonly number: number;
  readonly body: Buffer;
  /** Up to its end. */
  readonly progress: Progress;
}

export interface PartLimits {
  /** A part is closed by the window that brings it here; its rows may be up to a window more. */
  readonly rows: number;
  /** The same for bytes of output. */
  readonly bytes: number;
}

/**
 * Answers windows and closes parts by rows and bytes alone, never by time: a run that begins where another left off
 * makes the same parts. A gap ends a part too, which may then be empty. Where the source ends with a BatchError, the rows
 * before it are a part.
 */
export async function* collectParts(
  windows: AsyncIterable<Window>,
  answer: (rows: readonly Row[]) => Promise<readonly Answer[]>,
  limits: PartLimits,
  from: Progress,
): AsyncGenerator<Part> {
  let open = new OpenPart(from);
  try {
    for await (const window of windows) {
      if ('gap' in window) open.moveTo(window.gap);
      else {
        open.add(window.rows, await answer(window.rows));
        if (open.rows < limits.rows && open.bytes < limits.bytes) continue;
      }
      const part = open.close();
      yield part;
      open = new OpenPart(part.progress);
    }
  } catch (error) {
    if (error instanceof BatchError && open.rows > 0) yield open.close();
    throw error;
  }
  if (open.rows > 0) yield open.close();
}

class OpenPart {
  readonly #before: Progress;
  readonly #chunks: Buffer[] = [];
  readonly #errors: Record<string, number>;
  readonly #start = performance.now();
  #end: Position;
  #lines = 0;
  rows = 0;
  bytes = 0;

  constructor(before: Progress) {
    this.#before = before;
    this.#errors = { ...before.errors };
    this.#end = before.position;
  }

  add(rows: readonly Row[], answers: readonly Answer[]): void {
    const chunk = Buffer.from(answers.map(({ line }) => line).join(''));
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
    this.rows += rows.length;
    this.#lines += answers.length;
    for (const { error } of answers) {
      if (error !== undefined) this.#errors[error] = (this.#errors[error] ?? 0) + 1;
    }
    const last = rows.at(-1);
    if (last) this.#end = { byte: last.end, row: last.row + 1 };
  }

  moveTo(place: Position): void {
    this.#end = place;
  }

  close(): Part {
    const { parts, rowsOut, seconds } = this.#before;
    return {
      number: parts,
      body: Buffer.concat(this.#chunks),
      progress: {
        parts: parts + 1,
        position: this.#end,
        rowsOut: rowsOut + this.#lines,
        errors: this.#errors,
        seconds: seconds + (performance.now() - this.#start) / 1000,
      },
    };
  }
}
