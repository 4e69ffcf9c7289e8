import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectArchive } from '../../../../model-assets/toolchain/src/allennlp/inspect/inspect-archive.ts';
import { archivePath, hasArchives, hubPath, listArchives } from '../../../fixtures/allennlp.ts';
import {
  type ArchiveContent,
  archiveMembers,
  CLASSIFIER_CONFIG,
  CLASSIFIER_TENSORS,
  tarGz,
  weights,
} from '../../../fixtures/archives.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const path = join(temporaryFolder(), 'model.tar.gz');

function inspect(content: ArchiveContent = {}) {
  writeFileSync(path, tarGz(archiveMembers(content)));
  return inspectArchive(path);
}

const configWith = (model: object, reader: object = {}) =>
  JSON.stringify({
    dataset_reader: { ...CLASSIFIER_CONFIG.dataset_reader, ...reader },
    model: { ...CLASSIFIER_CONFIG.model, ...model },
  });

describe('an inspection', () => {
  it('says what an archive is, part by part', async () => {
    expect(await inspect()).toEqual({
      model: 'basic_classifier',
      predictor: 'text_classifier',
      version: undefined,
      parts: [
        { kind: 'model', at: 'model', type: 'basic_classifier', isCustom: false },
        { kind: 'seq2vec encoder', at: 'model.seq2vec_encoder', type: 'bag_of_embeddings', isCustom: false },
        { kind: 'text field embedder', at: 'model.text_field_embedder', type: 'basic', isCustom: false },
        {
          kind: 'token embedder',
          at: 'model.text_field_embedder.token_embedders.tokens',
          type: 'embedding',
          isCustom: false,
        },
        { kind: 'reader', at: 'dataset_reader', type: 'text_classification_json', isCustom: false },
        { kind: 'tokenizer', at: 'dataset_reader.tokenizer', type: 'whitespace', isCustom: false },
      ],
      modules: [
        { name: '_text_field_embedder', tensors: 1, parameters: 24 },
        { name: '_classification_layer', tensors: 2, parameters: 10 },
      ],
      vocabulary: [
        { namespace: 'labels', size: 2, padded: false },
        { namespace: 'tokens', size: 6, padded: true },
      ],
      hubModels: [],
      problems: [],
      unusedTensors: [],
      ignoredFiles: [],
    });
  });

  it('names every tensor that is missing, has another shape, or is not used', async () => {
    const tensors: Record<string, readonly number[]> = {
      ...CLASSIFIER_TENSORS,
      '_classification_layer.weight': [3, 4],
      spare: [1],
    };
    const { '_classification_layer.bias': _, ...without } = tensors;
    const { problems, unusedTensors } = await inspect({ weights: weights(without) });
    expect(problems).toEqual([
      {
        kind: 'missing',
        at: '_classification_layer.bias',
        reason: 'weights.th has no such tensor, of shape [2]',
      },
      {
        kind: 'shape',
        at: '_classification_layer.weight',
        reason: 'it has shape [3, 4], but config.json and the vocabulary make it [2, 4]',
      },
    ]);
    expect(unusedTensors).toEqual(['spare']);
  });

  it('lists everything that is not supported, and the names that are code of the team', async () => {
    const config = configWith(
      { seq2vec_encoder: { type: 'our_pooler' }, feedforward: { input_dim: 4, magic: true } },
      { tokenizer: { type: 'letters_digits', magic: 1 }, token_indexers: { tokens: { type: 'spacy' } } },
    );
    const { problems } = await inspect({ config });
    expect(problems.map(({ kind, at }) => [kind, at])).toEqual([
      ['custom', 'model.seq2vec_encoder'],
      ['unsupported', 'model.feedforward'],
      ['unsupported', 'dataset_reader.token_indexers.tokens'],
      ['unsupported', 'dataset_reader.tokenizer'],
    ]);
  });

  it('names the keys of embedders and indexers that do not find each other', async () => {
    const config = configWith({}, { token_indexers: { words: { type: 'single_id' } } });
    const { problems } = await inspect({ config });
    const place = 'model.text_field_embedder.token_embedders';
    expect(problems.map(({ kind, at, reason }) => [kind, at, reason])).toEqual([
      ['unsupported', `${place}.tokens`, 'the reader has no token indexer of this key'],
      ['unsupported', place, "there is no embedder for the token indexer 'words'"],
    ]);
  });

  it('names a model of the team once', async () => {
    const { problems, predictor } = await inspect({ config: configWith({ type: 'acme.models.Tagger' }) });
    expect(problems).toEqual([
      { kind: 'custom', at: 'model', reason: "the model 'acme.models.Tagger' is none of AllenNLP's own" },
    ]);
    expect(predictor).toBeUndefined();
  });

  it('names the hub model that it needs, and how to come to it', async () => {
    const tokens = { type: 'pretrained_transformer', model_name: 'acme/bert' };
    const config = configWith({ text_field_embedder: { token_embedders: { tokens } } });
    const { problems, hubModels } = await inspect({ config });
    expect(hubModels).toEqual([{ name: 'acme/bert', given: false }]);
    expect(problems).toMatchObject([
      { kind: 'missing', reason: expect.stringMatching(/Add --base hf:acme\/bert, or name its folder/) },
    ]);
  });

  it('of an ensemble, or of a from_archive alone, says what stands in the way', async () => {
    const ensemble = { type: 'bidaf-ensemble', submodels: ['a.tar.gz'] };
    expect((await inspect({ config: configWith(ensemble) })).problems).toMatchObject([
      { kind: 'unsupported', at: 'model' },
    ]);
    const inner = { type: 'from_archive', archive_file: 'a.tar.gz' };
    expect((await inspect({ config: configWith(inner) })).problems).toMatchObject([
      { kind: 'missing', reason: expect.stringMatching(/'a.tar.gz'. Name that file with --base/) },
    ]);
  });
});

describe.skipIf(!hasArchives)('archives of AllenNLP (skipped without ../shared/allennlp)', () => {
  it('lack no tensor', async () => {
    for (const name of listArchives()) {
      const base = name === 'basic_classifier_from_archive' ? archivePath('basic_classifier') : hubPath(name);
      const { problems } = await inspectArchive(archivePath(name), { base });
      expect(
        problems.filter(({ kind }) => kind !== 'unsupported'),
        name,
      ).toEqual([]);
    }
  });
});
