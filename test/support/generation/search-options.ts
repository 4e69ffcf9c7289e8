/** Options of a search that change nothing, for tests that change one or two. */
import type {
  Sampling,
  SearchOptions,
} from '@pilotlight/engine/internal/runtimes/generation/search/search-options';

export function plainOptions(options: Partial<SearchOptions> = {}): SearchOptions {
  return {
    maxNewTokens: 20,
    minNewTokens: 0,
    eos: [0],
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
    removeInvalid: false,
    stopStrings: [],
    topTokens: 0,
    ...options,
  };
}

export function plainSampling(sampling: Partial<Sampling> = {}): Sampling {
  return {
    seed: 0,
    temperature: 1,
    topH: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    typicalP: 1,
    epsilonCutoff: 0,
    etaCutoff: 0,
    ...sampling,
  };
}
