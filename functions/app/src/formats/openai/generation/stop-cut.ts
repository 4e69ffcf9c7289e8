/** The texts of OpenAI do not have the stop string at which they ended; those of `generate` end in it. */
import type { FinishReason, GeneratedSequence } from '@pilotlight/engine/internal/predict/generation';

/** A piece of a text that ended: a stop string is whole in the last piece, because its begin was held back. */
export function cutStop(text: string, finish: FinishReason | undefined, stops: readonly string[]): string {
  if (finish !== 'stop_sequence') return text;
  const found = stops.filter((stop) => text.endsWith(stop));
  const longest = Math.max(0, ...found.map(({ length }) => length));
  return text.slice(0, text.length - longest);
}

export function textWithoutStop({ text, finishReason }: GeneratedSequence, stops: readonly string[]): string {
  return cutStop(text, finishReason, stops);
}

/** OpenAI has two ends: by itself, or cut off. */
export function finishReason(finish: FinishReason): 'stop' | 'length' {
  return finish === 'eos_token' || finish === 'stop_sequence' ? 'stop' : 'length';
}
