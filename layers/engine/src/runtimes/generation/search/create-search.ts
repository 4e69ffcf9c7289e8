import { BeamSearch } from './beam-search.ts';
import type { Search } from './search.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';
import { TokenSearch } from './token-search.ts';

/** Makes the search that the options ask for: beams, samples, or the best token of each step. */
export function createSearch(options: SearchOptions, context: SearchContext): Search {
  return options.numBeams > 1 ? new BeamSearch(options, context) : new TokenSearch(options, context);
}
