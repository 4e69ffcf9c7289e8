/** Keeps answers of a process, within a bound of bytes, for calls that are asked again word for word. See ADR-answer-cache.md. */
import { createHash } from 'node:crypto';
import type { Prediction } from './loaded-model.ts';

/** What makes two calls the same: everything that the answer depends on. Plain data. */
export type CallIdentity = readonly unknown[];

export interface CacheState {
  readonly hits: number;
  readonly misses: number;
  /** Bytes of the answers that are kept, about. */
  readonly bytes: number;
  readonly answers: number;
}

export interface CachedCall {
  readonly identity: CallIdentity;
  /** Whether nobody waits for it: whoever does must not wait for its run. @default false */
  readonly background?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Runs the model. */
  readonly run: () => Promise<Prediction>;
}

const NO_TIME = { tokenizeMs: 0, queueMs: 0, inferMs: 0, postprocessMs: 0 };

/** Runs of others that a call sees fail before it runs itself in any case: else calls that all fail would do so one after the other. */
const MOST_FAILURES = 2;

export class AnswerCache {
  readonly #mostBytes: number;
  /** The least recently used first. */
  readonly #answers = new Map<string, { readonly prediction: Prediction; readonly bytes: number }>();
  readonly #underWay = new Map<string, Promise<Prediction>>();
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get state(): CacheState {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#bytes, answers: this.#answers.size };
  }

  /**
   * The answer to the same call before, that of the same call under way, or that of `run`. An error is nobody's but that of the call that
   * ran: one of those that waited for it runs itself, and all of them once that has failed too.
   *
   * @throws what `run` throws, and the reason of an aborted `signal`
   */
  async answer({ identity, background = false, signal, run }: CachedCall): Promise<Prediction> {
    const key = digest(identity);
    const lane = background ? `${key} in background` : key;
    let failures = 0;
    for (;;) {
      const other = this.#underWay.get(lane);
      const kept = this.#find(key) ?? (await other?.catch(() => undefined));
      signal?.throwIfAborted();
      if (kept) {
        this.#hits += 1;
        return asHit(kept);
      }
      if (other !== undefined) failures += 1;
      // Another call that waited for the one that failed may have been quicker.
      if (failures === MOST_FAILURES || !this.#underWay.has(lane)) return this.#run(key, lane, run);
    }
  }

  async #run(key: string, lane: string, run: () => Promise<Prediction>): Promise<Prediction> {
    this.#misses += 1;
    const running = run();
    this.#underWay.set(lane, running);
    try {
      const prediction = await running;
      this.#keep(key, prediction);
      return { ...prediction, cached: false };
    } finally {
      if (this.#underWay.get(lane) === running) this.#underWay.delete(lane);
    }
  }

  #find(key: string): Prediction | undefined {
    const found = this.#answers.get(key);
    if (!found) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found.prediction;
  }

  /** An answer that is larger than all that may be kept pushes nothing out. */
  #keep(key: string, prediction: Prediction): void {
    const bytes =
      BYTES_OF_ANSWER +
      sizeOf(prediction.results) +
      sizeOf(prediction.truncated) +
      sizeOf(prediction.readings);
    if (bytes > this.#mostBytes) return;
    this.#forget(key);
    for (const [oldest] of this.#answers) {
      if (this.#bytes + bytes <= this.#mostBytes) break;
      this.#forget(oldest);
    }
    this.#answers.set(key, { prediction, bytes });
    this.#bytes += bytes;
  }

  #forget(key: string): void {
    this.#bytes -= this.#answers.get(key)?.bytes ?? 0;
    this.#answers.delete(key);
  }
}

/** Nothing was run for it, so that it took no time and read no padding. */
function asHit({ results, tokens, truncated, model, readings }: Prediction): Prediction {
  const asRead = readings && { readings };
  return {
    results,
    tokens: { ...tokens, padded: 0 },
    truncated,
    model,
    ...asRead,
    timings: NO_TIME,
    cached: true,
  };
}

function digest(identity: CallIdentity): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('base64');
}

/** The key, the entry and the rest of the prediction. */
const BYTES_OF_ANSWER = 700;
const [BYTES_OF_NUMBER, BYTES_OF_VALUE, BYTES_OF_OBJECT, BYTES_OF_CHARACTER] = [8, 16, 64, 2];

/** Bytes of the heap that V8 needs for a value at most, about. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return BYTES_OF_OBJECT + BYTES_OF_CHARACTER * value.length;
  if (typeof value !== 'object' || value === null) return BYTES_OF_VALUE;
  if (Array.isArray(value) && typeof value[0] === 'number')
    return BYTES_OF_OBJECT + BYTES_OF_NUMBER * value.length;
  let bytes = BYTES_OF_OBJECT;
  for (const own of Object.values(value)) bytes += BYTES_OF_NUMBER + sizeOf(own);
  return bytes;
}
