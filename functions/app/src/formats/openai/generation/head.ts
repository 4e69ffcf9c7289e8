/** What every answer of OpenAI's says beside its choices. */
import type { Generation } from '@pilotlight/engine/internal/predict/generation';
import { findChecksum } from '@pilotlight/model-format';
import type { Call } from '../../../serve/call.ts';
import type { ServedModel } from '../../../serve/ports.ts';

export interface AnswerHead {
  readonly id: string;
  readonly object: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  /** Changes with the package, by whose weights a seed gives its text. */
  readonly system_fingerprint: string;
}

/** `prefix` is that of OpenAI's ids. */
export function answerHead(
  { id }: Call,
  { manifest }: ServedModel,
  { prefix, object, model }: { readonly prefix: string; readonly object: string; readonly model: string },
): AnswerHead {
  return {
    id: `${prefix}-${id}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: findChecksum(manifest)?.slice(0, 12) ?? manifest.version,
  };
}

export function usageOf(generations: readonly Generation[]) {
  let prompt_tokens = 0;
  let completion_tokens = 0;
  for (const { promptTokens, sequences } of generations) {
    prompt_tokens += promptTokens;
    for (const { tokens } of sequences) completion_tokens += tokens.length;
  }
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
