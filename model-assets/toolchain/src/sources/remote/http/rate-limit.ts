/** The pause that a host asks for: 429 or 503 with Retry-After, or with the header RateLimit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolchainError } from '../../../errors.ts';

/** The hub counts requests in windows of five minutes (huggingface.co/docs/hub/rate-limits). */
const LONGEST_MS = 310_000;

export class RateLimit {
  readonly #host: string;
  readonly #advice: string;
  readonly #tell: (words: string) => void;
  #until = 0;

  constructor(host: string, advice: string, tell: (words: string) => void) {
    this.#host = host;
    this.#advice = advice;
    this.#tell = tell;
  }

  /** @throws ToolchainError SOURCE_UNAVAILABLE where the pause is longer than anybody waits */
  note({ status, headers }: Pick<Response, 'status' | 'headers'>): void {
    const milliseconds = readPause(headers, Date.now());
    if (milliseconds === undefined) return;
    if (milliseconds > LONGEST_MS) {
      throw new ToolchainError(
        'SOURCE_UNAVAILABLE',
        `${this.#host} takes no requests from here for ${Math.ceil(milliseconds / 60_000)} min (${status}). Run the command again then: what has arrived is kept.${this.#advice}`,
      );
    }
    this.#until = Math.max(this.#until, Date.now() + milliseconds);
  }

  /** @throws the reason of `signal` once it is aborted */
  async wait(signal?: AbortSignal): Promise<void> {
    for (let left = this.#until - Date.now(); left > 0; left = this.#until - Date.now()) {
      this.#tell(`waits ${Math.ceil(left / 1000)} s, as ${this.#host} asks`);
      try {
        await sleep(left, undefined, signal && { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    }
  }
}

/**
 * Milliseconds until requests are taken again; undefined where the headers do not say. Retry-After has seconds or a date (RFC 9110,
 * 10.2.3), RateLimit has the seconds in `t` (draft-ietf-httpapi-ratelimit-headers).
 */
export function readPause(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after ?? '');
  if (!Number.isNaN(date)) return Math.max(0, date - now);
  const seconds = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
