import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { outgoingOf, whenSent } from '../http/answer/sending.ts';

/** The call that has a slot, see `Call`. */
interface SlotHolder {
  readonly c: Context;
  readonly streamed: Promise<void> | undefined;
}

/** Predictions that may be under way at once. A client that is slow to send its request holds no slot, one that is slow to take its answer does. */
export class Slots {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Asked before a body is read, whose bytes would be for nothing. @throws EngineError OVERLOADED */
  requireFree(): void {
    if (this.#taken < this.#limit) return;
    throw new EngineError('OVERLOADED', `${this.#taken} predictions are under way. Try again later.`);
  }

  /** Has `work` under way until its answer is sent. @throws EngineError OVERLOADED, and what `work` throws */
  async during<T>(call: SlotHolder, work: () => Promise<T>): Promise<T> {
    this.requireFree();
    this.#taken += 1;
    try {
      return await work();
    } finally {
      const free = (): void => {
        this.#taken -= 1;
      };
      // Where the process has no connection, an answer is sent once it is made.
      if (call.streamed && !outgoingOf(call.c)) void call.streamed.then(free);
      else whenSent(call.c, free);
    }
  }
}
