/** A request on its way: its search, its place in the cache, and what its caller is told. */
import { EngineError } from '@pilotlight/model-format/errors';
import { logSumExp } from '../search/choices.ts';
import type { FinishReason, Search, StepRows } from '../search/search.ts';
import { Ancestry } from './ancestry.ts';
import type { TokenEvent, TokenRequest } from './decoder-port.ts';

type Listen = (event: TokenEvent) => void;

export class ActiveRequest {
  readonly request: TokenRequest;
  readonly search: Search;
  readonly ancestry = new Ancestry();
  /** Tokens that the decoder has not read: the rest of the prompt, or one for each branch. */
  #pending: readonly number[];
  /** Whether `pending` is a rest of the prompt. */
  #inPrompt = true;
  readonly #prompt: number[] = [];
  readonly #listen: Listen;
  readonly #start = performance.now();
  readonly #deadline: number;
  #stopped: FinishReason | undefined;
  #admitted: number | undefined;
  #first: number | undefined;
  #steps = 0;
  #prefixTokens = 0;

  constructor(request: TokenRequest, search: Search, listen: Listen) {
    this.request = request;
    this.search = search;
    this.#listen = listen;
    this.#pending = request.start ?? request.input;
    this.#deadline = this.#start + (request.deadlineMs ?? Number.POSITIVE_INFINITY);
  }

  get pending(): readonly number[] {
    return this.#pending;
  }

  get inPrompt(): boolean {
    return this.#inPrompt;
  }

  /** The source that the encoder reads; none where the model has no encoder. */
  get source(): readonly number[] {
    return this.request.start ? this.request.input : [];
  }

  admit(): void {
    this.#admitted ??= performance.now();
  }

  cancel(): void {
    this.#stopped ??= 'cancelled';
  }

  /** Why it must end now, if it must. */
  stopReason(now: number): FinishReason | undefined {
    return this.#stopped ?? (now > this.#deadline ? 'deadline' : undefined);
  }

  /** Takes the logits behind each of the first tokens of the prompt that were left, `[rows, vocabulary]`: what they say of the next one. */
  scorePrompt({ rows, logits = new Float32Array() }: StepRows): void {
    const size = logits.length / rows;
    for (let row = 0; row < rows; row++) {
      const own = logits.subarray(row * size, (row + 1) * size);
      this.#prompt.push((own[this.#pending[row + 1] ?? 0] ?? Number.NaN) - logSumExp(own));
    }
  }

  /** The first `count` of the prompt's tokens that were left are in the cache. */
  readPrompt(count: number): void {
    this.ancestry.extend(count);
    this.#pending = this.#pending.slice(count);
  }

  /** The first `count` of the prompt's tokens that were left are in the cache, where an earlier request's were copied to. */
  copyPrompt(count: number): void {
    this.readPrompt(count);
    this.#prefixTokens += count;
  }

  /**
   * Takes what a step gave for the last token of the prompt or for each branch.
   *
   * @returns whether it goes on; where it does not, its caller has been told
   */
  advance(rows: StepRows | undefined): boolean {
    if (!rows) {
      this.fail(
        new EngineError(
          'SESSION_FAILED',
          'The model gave values that are no numbers for this input. Package it again in fp32, or check its weights.',
        ),
      );
      return false;
    }
    if (this.#inPrompt) this.#inPrompt = false;
    else this.ancestry.append();
    this.#steps += 1;
    try {
      const { next, told } = this.search.advance(rows);
      this.#first ??= performance.now();
      if (told.length > 0) this.#listen({ kind: 'tokens', told });
      if (next.length > 0) {
        this.ancestry.follow(next.map(({ parent }) => parent));
        this.#pending = next.map(({ id }) => id);
        return true;
      }
      this.#end();
    } catch (cause) {
      this.fail(cause);
    }
    return false;
  }

  /** Ends it where it is. */
  stop(reason: FinishReason): void {
    try {
      this.search.stop(reason);
      this.#end();
    } catch (cause) {
      this.fail(cause);
    }
  }

  fail(cause: unknown): void {
    const error =
      cause instanceof EngineError
        ? cause
        : new EngineError('SESSION_FAILED', 'The text could not be generated.', { cause });
    this.#listen({ kind: 'failure', error });
  }

  #end(): void {
    const now = performance.now();
    const admitted = this.#admitted ?? now;
    const first = this.#first ?? now;
    const timings = {
      queueMs: admitted - this.#start,
      prefillMs: first - admitted,
      decodeMs: now - first,
      steps: this.#steps,
      prefixTokens: this.#prefixTokens,
    };
    const prompt = this.request.promptLogprobs && { prompt: this.#prompt };
    this.#listen({ kind: 'end', found: this.search.found, timings, ...prompt });
  }
}
