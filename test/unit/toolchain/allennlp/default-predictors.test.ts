import { describe, expect, it } from 'vitest';
import { choosePredictor } from '../../../../model-assets/toolchain/src/allennlp/package/default-predictors.ts';

describe('choosePredictor', () => {
  it('takes the predictor that AllenNLP has for the model', () => {
    expect(choosePredictor('crf_tagger', 'conll2003', undefined)).toBe('sentence_tagger');
    expect(choosePredictor('basic_classifier', 'sst_tokens', undefined)).toBe('text_classifier');
  });

  it('takes that of the reader for a classifier of pairs', () => {
    expect(choosePredictor('basic_classifier', 'snli', undefined)).toBe('textual_entailment');
  });

  it('takes the one that is asked for, by its older name too, and refuses one that it does not know', () => {
    expect(choosePredictor('basic_classifier', 'snli', 'text-classification')).toBe('text_classifier');
    expect(() => choosePredictor('basic_classifier', 'snli', 'our_own')).toThrow(/our_own/);
  });
});
