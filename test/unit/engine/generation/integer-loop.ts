/** The loop with the model of whole numbers. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { newName } from '../../../../layers/engine/src/runtimes/generation/graphs.ts';
import { namesOf } from '../../../../layers/engine/src/runtimes/generation/loop/cache-layout.ts';
import { DecodeLoop } from '../../../../layers/engine/src/runtimes/generation/loop/decode-loop.ts';
import type { LoopSettings } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-plan.ts';
import type {
  RunningRequest,
  TokenEvent,
  TokenRequest,
} from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import { encoderSession, STEP_INPUTS, stepSession } from './integer-model.ts';
import { type SeenRow, smallSearch } from './small-searches.ts';

const SETTINGS: LoopSettings = { slots: 4, maxWaiting: 100, cacheBytes: 2 ** 30, prefixBytes: 0 };

/** `seen` has the rows of every step of every request. */
export function open(facts: DecoderFacts, settings: Partial<LoopSettings> = {}) {
  const session = stepSession(facts);
  const encoder = facts.cross ? encoderSession(facts) : undefined;
  const seen: { readonly request: TokenRequest; readonly rows: readonly SeenRow[] }[] = [];
  const loop = new DecodeLoop({
    step: { session, facts, inputs: STEP_INPUTS, added: namesOf(facts.layers, newName) },
    encoder,
    createSearch: (asked) => {
      const search = smallSearch(asked);
      seen.push({ request: asked, rows: search.seen });
      return search;
    },
    settings: { ...SETTINGS, ...settings },
  });
  return { loop, session, encoder, seen };
}

export type End = Extract<TokenEvent, { kind: 'end' }>;

/** Starts a request; `ended` settles with its end. */
export function start(loop: DecodeLoop, asked: TokenRequest, onTokens: () => void = () => {}) {
  const { promise: ended, resolve, reject } = Promise.withResolvers<End>();
  const running: RunningRequest = loop.start(asked, (event) => {
    if (event.kind === 'tokens') onTokens();
    else if (event.kind === 'end') resolve(event);
    else reject(event.error);
  });
  return { running, ended };
}
