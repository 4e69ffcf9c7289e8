import type { FinishReason } from './search.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';

/** Why a sequence ends with the last of its new ids, if it does. */
export function endOf(
  ids: readonly number[],
  { eos, maxNewTokens }: SearchOptions,
  { prompt, stops }: SearchContext,
): FinishReason | undefined {
  if (eos.includes(ids.at(-1) ?? -1)) return 'eos_token';
  if (stops?.completes(prompt, ids)) return 'stop_sequence';
  return ids.length >= maxNewTokens ? 'length' : undefined;
}
