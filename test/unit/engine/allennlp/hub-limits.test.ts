import { describe, expect, it } from 'vitest';
import {
  foldsHub,
  longestSequence,
  namesHub,
  tokenTypes,
} from '../../../../layers/engine/src/runtimes/allennlp/text/hub-limits.ts';

describe('the longest sequence of a hub model', () => {
  it.each([
    [{ model_type: 'bert', max_position_embeddings: 512 }, 512],
    [{ model_type: 'roberta', max_position_embeddings: 514, pad_token_id: 1 }, 512],
    [{ model_type: 'xlm-roberta', max_position_embeddings: 514 }, 512],
    [{ model_type: 'mpnet', max_position_embeddings: 514 }, 512],
    [{ model_type: 'gpt2', n_positions: 1024 }, 1024],
    [{ model_type: 't5', n_positions: 512 }, undefined],
    [{}, undefined],
  ])('of %j is %j', (config, longest) => {
    expect(longestSequence(config)).toBe(longest);
  });
});

describe('the types of tokens of a hub model', () => {
  it('are those of its table, of which DistilBERT has none', () => {
    expect(tokenTypes({ model_type: 'bert', type_vocab_size: 2 })).toBe(2);
    expect(tokenTypes({ model_type: 'distilbert' })).toBe(0);
  });
});

describe('the configuration of a model', () => {
  const embedder = { type: 'pretrained_transformer', model_name: 'acme/bert' };
  const model = { text_field_embedder: { token_embedders: { tokens: embedder } } };

  it('names a hub model wherever it is', () => {
    expect(namesHub(model, 'acme/bert')).toBe(true);
    expect(namesHub(model, 'acme/other')).toBe(false);
    expect(namesHub({ heads: [{ bert_model: 'acme/bert' }] }, 'acme/bert')).toBe(true);
  });

  it('folds the texts of a hub model where its embedder has a max_length', () => {
    expect(foldsHub(model, 'acme/bert')).toBe(false);
    const folding = { embedders: [{ ...embedder, max_length: 512 }] };
    expect(foldsHub(folding, 'acme/bert')).toBe(true);
    expect(foldsHub(folding, 'acme/other')).toBe(false);
  });
});
