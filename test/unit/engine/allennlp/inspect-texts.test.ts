import { describe, expect, it } from 'vitest';
import { inspectTexts } from '../../../../layers/engine/src/allennlp/text/inspect-texts.ts';

describe('the texts of a dataset reader, inspected', () => {
  it('are listed with their places, and everything that is not supported is named at once', () => {
    const reader = {
      type: 'any',
      tokenizer: { type: 'pretrained_transformer', model_name: 'acme/tiny', wordpieces: 1, max: 2 },
      token_indexers: { tokens: {}, bert: { type: 'my_indexer' }, elmo: { type: 'elmo_characters' } },
      max_instances: 3,
    };
    expect(inspectTexts(reader)).toEqual([
      {
        path: 'dataset_reader.tokenizer',
        kind: 'tokenizer',
        type: 'pretrained_transformer',
        modelName: 'acme/tiny',
        unsupported: 'wordpieces is not known; max is not known',
      },
      { path: 'dataset_reader.token_indexers.tokens', kind: 'token indexer', type: 'single_id' },
      {
        path: 'dataset_reader.token_indexers.bert',
        kind: 'token indexer',
        type: 'my_indexer',
        unsupported: 'is not known',
      },
      { path: 'dataset_reader.token_indexers.elmo', kind: 'token indexer', type: 'elmo_characters' },
    ]);
  });

  it('are those of every reader of a multitask reader, and the hub models that readers name', () => {
    const reader = {
      readers: { a: { tokenizer: 'whitespace' }, b: { transformer_model_name: 'acme/tiny' } },
      wordpiece_modeling_tokenizer: { model_name: 'acme/tiny' },
      tokenizer: null,
    };
    expect(inspectTexts(reader).map(({ path, type, modelName }) => [path, type, modelName])).toEqual([
      ['dataset_reader.readers.a.tokenizer', 'whitespace', undefined],
      ['dataset_reader.readers.b.transformer_model_name', 'pretrained_transformer', 'acme/tiny'],
      ['dataset_reader.wordpiece_modeling_tokenizer', 'pretrained_transformer', 'acme/tiny'],
    ]);
  });
});
