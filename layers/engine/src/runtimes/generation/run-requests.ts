/** Runs the inputs of one call through the loop, and waits for all of them. */
import type { EngineError } from '@pilotlight/model-format/errors';
import type { Decoder, RunningRequest, TokenEvent, TokenRequest } from './loop/decoder-port.ts';
import type { ToldToken } from './search/search.ts';

type End = Extract<TokenEvent, { kind: 'end' }>;

/** What became of one input. */
export type Ended = Omit<End, 'kind'> | { readonly error: EngineError };

export interface RunSettings {
  readonly signal?: AbortSignal | undefined;
  readonly background?: boolean | undefined;
  /** Whether the others end with the first input that fails. @default false */
  readonly failsTogether?: boolean;
  readonly onTokens?: ((index: number, told: readonly ToldToken[]) => void) | undefined;
}

/**
 * The inputs of a call are with the loop as many at a time as it has slots, so that those of other calls come between. Once `signal` is
 * aborted, all of them end with what they have.
 *
 * @throws EngineError OVERLOADED where the loop takes none of them
 */
export async function runRequests(
  decoder: Decoder,
  requests: readonly TokenRequest[],
  { signal, background = false, failsTogether = false, onTokens }: RunSettings,
): Promise<readonly Ended[]> {
  const ended: Ended[] = [];
  const running = new Set<RunningRequest>();
  const stopped = new AbortController();
  const cancel = (): void => {
    stopped.abort();
    for (const request of running) request.cancel();
  };
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();

  const runOne = (index: number, request: TokenRequest): Promise<void> =>
    new Promise((resolve) => {
      const started = decoder.start({ ...request, background }, (event) => {
        if (event.kind === 'tokens') {
          onTokens?.(index, event.told);
          return;
        }
        running.delete(started);
        ended[index] = event.kind === 'end' ? event : { error: event.error };
        if (event.kind === 'failure' && failsTogether) cancel();
        resolve();
      });
      running.add(started);
      if (stopped.signal.aborted) started.cancel();
    });

  const waiting = requests.entries();
  const lane = async (): Promise<void> => {
    for (const [index, request] of waiting) await runOne(index, request);
  };
  try {
    const lanes = Math.min(requests.length, decoder.load.slots);
    await Promise.all(Array.from({ length: lanes }, lane));
  } catch (error) {
    cancel();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
  return ended;
}
