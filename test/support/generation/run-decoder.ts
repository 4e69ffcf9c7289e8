/** Runs requests by a decoder: one after the other, or while others come and go. */
import type {
  Decoder,
  TokenEvent,
  TokenRequest,
} from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import type { Random } from '../../fixtures/random.ts';

export type End = Extract<TokenEvent, { kind: 'end' }>;

/** Runs a request to its end. `onTokens` is called whenever it is told of tokens. */
export function runToEnd(decoder: Decoder, request: TokenRequest, onTokens = (): void => {}): Promise<End> {
  return new Promise((resolve, reject) => {
    decoder.start(request, (event) => {
      if (event.kind === 'tokens') onTokens();
      else if (event.kind === 'end') resolve(event);
      else reject(event.error);
    });
  });
}

/** Runs each request by itself. */
export async function runAlone(decoder: Decoder, requests: readonly TokenRequest[]): Promise<readonly End[]> {
  const ends: End[] = [];
  for (const request of requests) ends.push(await runToEnd(decoder, request));
  return ends;
}

/** Lets requests come while others are under way, one or more for each token that is told. */
export async function runTogether(
  decoder: Decoder,
  requests: readonly TokenRequest[],
  random: Random,
): Promise<readonly End[]> {
  const ends: Promise<End>[] = [];
  const begin = (): void => {
    const request = requests[ends.length];
    if (!request) return;
    ends.push(
      runToEnd(decoder, request, () => {
        if (random.below(3) === 0) begin();
      }),
    );
  };
  while (ends.length < requests.length) {
    begin();
    begin();
    await Promise.race(ends.slice(-4));
  }
  return Promise.all(ends);
}
