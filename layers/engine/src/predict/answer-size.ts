/** Bounds the answer of one call while it is made: the caller decides how much is asked for of each token. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { TokenResult } from '../ports.ts';

/** The most that a 32-bit float takes as JSON. */
const BYTES_OF_NUMBER = 20;
/** Quotes, comma and colon of a field. */
const BYTES_OF_MARKS = 4;

/** Adds up the bytes that a call's answer has as JSON, about. */
export class AnswerSize {
  readonly #most: number;
  #bytes = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** Counts outputs that the answer will have as they are. @throws EngineError ANSWER_TOO_LARGE */
  addOutputs({ outputs }: TokenResult): void {
    for (const { data } of Object.values(outputs)) this.addNumbers(data.length);
  }

  /** Counts numbers that the answer will have. @throws EngineError ANSWER_TOO_LARGE */
  addNumbers(numbers: number): void {
    this.#add(numbers * BYTES_OF_NUMBER);
  }

  /** Counts the result of one input. @throws EngineError ANSWER_TOO_LARGE */
  addResult(result: unknown): void {
    if (this.#most < Number.POSITIVE_INFINITY) this.#add(bytesOf(result));
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#most) return;
    throw new EngineError(
      'ANSWER_TOO_LARGE',
      `The answer would have more than ${Math.floor(this.#most / 1e6)} MB. Send fewer inputs, or ask for less of each.`,
    );
  }
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length + BYTES_OF_MARKS;
  if (typeof value !== 'object' || value === null) return BYTES_OF_NUMBER;
  if (Array.isArray(value) && typeof value[0] === 'number') return value.length * BYTES_OF_NUMBER;
  let bytes = 0;
  for (const [name, own] of Object.entries(value)) bytes += name.length + BYTES_OF_MARKS + bytesOf(own);
  return bytes;
}
