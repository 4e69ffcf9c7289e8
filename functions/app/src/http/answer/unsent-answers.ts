/** Answers that are made and not sent: they are memory for as long as their clients please. */
import type { ServerResponse } from 'node:http';
import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { outgoingOf, whenSent } from './sending.ts';

/** Smaller answers are in the buffers of the kernel at once. */
const LEAST_BYTES = 16_000;
/** How long a client has for any answer, and how many bytes it has to take in a second of those that are larger. */
const SENDING_MS = 20_000;
const BYTES_A_SECOND = 100_000;

interface Unsent {
  readonly bytes: number;
  readonly since: number;
}

export class UnsentAnswers {
  readonly #most: number;
  /** The oldest first. */
  readonly #answers = new Map<ServerResponse, Unsent>();
  #bytes = 0;

  /** `most` is the number of bytes of all answers together. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Counts an answer until it is sent, and cuts its client if it takes longer than a slow line needs. Where there are too many
   * bytes, clients that have had their time make room.
   *
   * @throws EngineError OVERLOADED
   */
  add(c: Context, bytes: number): void {
    const outgoing = outgoingOf(c);
    if (!outgoing || bytes < LEAST_BYTES) return;
    while (this.#bytes + bytes > this.#most && this.#cutOldest());
    if (this.#bytes + bytes > this.#most) {
      throw new EngineError('OVERLOADED', 'Other clients have not taken their answers yet. Try again later.');
    }
    this.#answers.set(outgoing, { bytes, since: performance.now() });
    this.#bytes += bytes;
    const limit = setTimeout(() => outgoing.destroy(), SENDING_MS + (bytes / BYTES_A_SECOND) * 1000);
    whenSent(c, () => {
      clearTimeout(limit);
      this.#forget(outgoing);
    });
  }

  #cutOldest(): boolean {
    const [oldest] = this.#answers;
    if (!oldest) return false;
    const [outgoing, { since }] = oldest;
    if (performance.now() - since < SENDING_MS) return false;
    outgoing.destroy();
    this.#forget(outgoing);
    return true;
  }

  #forget(outgoing: ServerResponse): void {
    this.#bytes -= this.#answers.get(outgoing)?.bytes ?? 0;
    this.#answers.delete(outgoing);
  }
}
