import type { SearchOptions } from '../../../../layers/engine/src/generation/search/search-options.ts';

/** Options that ask for nothing, but for those that are given. */
export function searchOptions(given: Partial<SearchOptions> = {}): SearchOptions {
  return {
    maxNewTokens: 8,
    minNewTokens: 0,
    eos: [],
    numBeams: 1,
    numReturnSequences: 1,
    lengthPenalty: 1,
    earlyStopping: false,
    renormalize: false,
    repetitionPenalty: 1,
    encoderRepetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    noRepeatNgramSize: 0,
    encoderNoRepeatNgramSize: 0,
    badWords: [],
    suppress: [],
    beginSuppress: [],
    sequenceBias: [],
    logitBias: [],
    stopStrings: [],
    topTokens: 0,
    ...given,
  };
}
