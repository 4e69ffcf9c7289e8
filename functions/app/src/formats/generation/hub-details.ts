/** Tokens and ends as text-generation-inference (TGI) tells them. */
import type {
  FinishReason,
  GeneratedSequence,
  GeneratedToken,
  Generation,
} from '@pilotlight/engine/internal/predict/generation';

/** TGI has three ends: a text that was cut off came to its length. */
export function finishReason(reason: FinishReason): 'eos_token' | 'stop_sequence' | 'length' {
  return reason === 'eos_token' || reason === 'stop_sequence' ? reason : 'length';
}

export function tokenOf({ id, text, logprob, special }: GeneratedToken) {
  return { id, text, logprob, special };
}

/** The best tokens in the place of each, where they were asked for. */
export function topTokens(tokens: readonly GeneratedToken[]) {
  return tokens.some(({ top }) => top) && { top_tokens: tokens.map(({ top = [] }) => top.map(tokenOf)) };
}

/** What `details` has of one sequence. */
export function describeSequence({ prompt = [], seed }: Generation, sequence: GeneratedSequence) {
  const { tokens } = sequence;
  return {
    finish_reason: finishReason(sequence.finishReason),
    generated_tokens: tokens.length,
    seed: seed ?? null,
    prefill: prompt.map(({ id, text, logprob }, index) => ({
      id,
      text,
      logprob: index === 0 ? null : logprob,
    })),
    tokens: tokens.map(tokenOf),
    ...topTokens(tokens),
  };
}
