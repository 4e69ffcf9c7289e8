/** Cuts an input that is longer than the model, or the call, wants it. */
import { EngineError } from '@pilotlight/model-format/errors';

export interface Cut {
  /** Whether to cut, or the tokens that are kept at most. */
  readonly truncate: boolean | number;
  /** Tokens that the model takes. @default - any number */
  readonly maxTokens: number | undefined;
  /** The end that is kept: texts go on from the end of a prompt, and a source is read from its start. */
  readonly keeps: 'start' | 'end';
  readonly isSpecial: (id: number) => boolean;
  /** The place of the input in its list. @default - it is the only one */
  readonly index: number | undefined;
}

/** The special tokens at both ends stay. @throws EngineError INPUT_TOO_LONG with `tokens` and `maxTokens` */
export function cutTokens(
  ids: readonly number[],
  { truncate, maxTokens = Number.POSITIVE_INFINITY, keeps, isSpecial, index }: Cut,
): readonly number[] {
  const most = typeof truncate === 'number' ? Math.min(truncate, maxTokens) : maxTokens;
  if (ids.length <= most) return ids;
  if (truncate === false) {
    throw new EngineError(
      'INPUT_TOO_LONG',
      `${index === undefined ? 'The input' : `Input ${index}`} has ${ids.length} tokens; the model takes at most ${most}. Shorten it, or set the parameter truncate.`,
      { details: { field: 'inputs', index: index ?? 0, tokens: ids.length, maxTokens: most } },
    );
  }
  const isOrdinary = (id: number): boolean => !isSpecial(id);
  const first = ids.findIndex(isOrdinary);
  const before = first < 0 ? 0 : first;
  const after = ids.length - 1 - ids.findLastIndex(isOrdinary);
  const inner = ids.slice(before, ids.length - after);
  const room = Math.max(0, most - before - after);
  const kept = keeps === 'start' ? inner.slice(0, room) : inner.slice(inner.length - room);
  return [...ids.slice(0, before), ...kept, ...ids.slice(ids.length - after)];
}
