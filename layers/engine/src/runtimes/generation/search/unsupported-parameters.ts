/** Parameters of `generate` that change the text and are not done here: leaving them out without a word would give another text. */
import { ownValue } from '@pilotlight/model-format';
import { invalidParameter } from '../../../tasks/refusals.ts';

interface Unsupported {
  /** Values that change nothing, beside null. */
  readonly neutral: readonly unknown[];
  readonly instead: string;
}

const GROUPS = 'transformers took beams in groups out in release 5; use num_beams alone';
const ASSISTED = 'it changes the speed of generate and never its text, so leave it out';
const CONSTRAINED = 'transformers took constrained beams out in release 5; use sequence_bias or grammar';

const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  num_beam_groups: { neutral: [1], instead: GROUPS },
  diversity_penalty: { neutral: [0], instead: GROUPS },
  penalty_alpha: {
    neutral: [0],
    instead: 'contrastive search is not done; use sampling or repetition_penalty',
  },
  dola_layers: { neutral: [], instead: 'the layers of a graph cannot be compared' },
  constraints: { neutral: [], instead: CONSTRAINED },
  force_words_ids: { neutral: [], instead: CONSTRAINED },
  guidance_scale: { neutral: [1], instead: 'a second prompt is not run beside the first' },
  watermarking_config: { neutral: [], instead: 'texts are not watermarked' },
  token_healing: { neutral: [false], instead: 'end the prompt where a token ends' },
  low_memory: { neutral: [false], instead: 'transformers took it out in release 5' },
  use_mtp: { neutral: [false], instead: ASSISTED },
  prompt_lookup_num_tokens: { neutral: [], instead: ASSISTED },
  assistant_early_exit: { neutral: [], instead: ASSISTED },
  assistant_model: { neutral: [], instead: ASSISTED },
  prefix_allowed_tokens_fn: { neutral: [], instead: 'a function cannot be sent; use grammar' },
  logits_processor: { neutral: [], instead: 'a function cannot be sent' },
  stopping_criteria: { neutral: [], instead: 'a function cannot be sent; use stop_strings or max_time' },
  custom_generate: { neutral: [], instead: 'code is not loaded' },
};

/** Whether a name is one of those. */
export function isUnsupported(name: string): boolean {
  return Object.hasOwn(UNSUPPORTED, name);
}

/** Takes out those that change nothing. @throws EngineError INVALID_PARAMETER with `field`, where one would change the text */
export function withoutUnsupported(parameters: unknown): unknown {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return parameters;
  const supported = Object.entries(parameters).filter(([name, value]) => {
    const unsupported = ownValue(UNSUPPORTED, name);
    if (unsupported === undefined) return true;
    if (value === null || unsupported.neutral.includes(value)) return false;
    throw invalidParameter(name, `is not supported: ${unsupported.instead}`);
  });
  return Object.fromEntries(supported);
}
