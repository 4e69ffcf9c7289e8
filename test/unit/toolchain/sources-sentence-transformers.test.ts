import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const original = join(root, 'original');
const checkpoint = join(root, 'my-model');
writeCheckpoint({ family: 'mpnet', head: 'base', shape: SHAPES.tiny }, original);

beforeEach(() => {
  rmSync(checkpoint, { recursive: true, force: true });
  cpSync(original, checkpoint, { recursive: true });
});

const write = (file: string, content: unknown) =>
  writeFileSync(join(checkpoint, file), JSON.stringify(content));

/** modules.json as sentence-transformers writes it, and the settings of the pooling. */
function writeModules(types: readonly string[], pooling: unknown): void {
  mkdirSync(join(checkpoint, '1_Pooling'), { recursive: true });
  write('1_Pooling/config.json', pooling);
  const modules = types.map((type, index) => ({
    ...{ idx: index, name: `${index}`, path: index === 0 ? '' : `${index}_${type}` },
    type: `sentence_transformers.models.${type}`,
  }));
  write('modules.json', modules);
}

const ALL = ['Transformer', 'Pooling', 'Normalize'];
const OFF = { pooling_mode_cls_token: false, pooling_mode_max_tokens: false, pooling_mode_lasttoken: false };

describe('a checkpoint of sentence-transformers', () => {
  it.each([
    ['cls', { ...OFF, pooling_mode_cls_token: true }],
    ['mean', { ...OFF, pooling_mode_mean_tokens: true }],
    ['max', { ...OFF, pooling_mode_max_tokens: true }],
    ['last-token', { ...OFF, pooling_mode_lasttoken: true }],
    ['mean', { pooling_mode: 'mean', embedding_dimension: 32 }],
    ['last-token', { pooling_mode: ['lasttoken'] }],
  ])('is pooled by %s, as its settings say: %j', async (pooling, settings) => {
    writeModules(ALL, settings);
    expect((await readSource(checkpoint)).taskDefaults).toEqual({ pooling, normalize: true });
    writeModules(['Transformer', 'Pooling', 'Dropout'], settings);
    const { taskDefaults } = await readSource(checkpoint, { task: 'sentence-similarity' });
    expect(taskDefaults).toEqual({ pooling, normalize: false });
  });

  it('gives its prompts, and the one that it puts before every text unasked', async () => {
    const prompts = { query: 'query: ', passage: '' };
    write('config_sentence_transformers.json', { prompts, default_prompt_name: 'query' });
    writeModules(ALL, { pooling_mode_mean_tokens: true });
    const { taskDefaults } = await readSource(checkpoint);
    expect(taskDefaults).toEqual({ pooling: 'mean', normalize: true, prompts, defaultPrompt: 'query' });
    write('config_sentence_transformers.json', { prompts, default_prompt_name: 'title' });
    await expect(readSource(checkpoint)).rejects.toThrow(
      'names title as the default prompt, and has no such',
    );
  });

  it('takes no longer texts than it was made for', async () => {
    write('sentence_bert_config.json', { max_seq_length: 24, do_lower_case: false });
    expect((await readSource(checkpoint)).tokenizer.maxTokens).toBe(24);
  });

  it('ranks texts when version 6 saved it as a CrossEncoder', async () => {
    writeCheckpoint(
      { family: 'mpnet', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['LABEL_0'] },
      checkpoint,
    );
    write('config_sentence_transformers.json', { model_type: 'CrossEncoder', prompts: {} });
    expect((await readSource(checkpoint)).task).toBe('text-ranking');
  });
});

describe('a checkpoint of sentence-transformers is refused', () => {
  it.each([
    ['a Dense module', [...ALL, 'Dense'], { pooling_mode: 'mean' }, /has a Dense module in 3_Dense/],
    [
      'two poolings at once',
      ALL,
      { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
      /must choose one of cls, mean, max, lasttoken as pooling; it has cls and mean/,
    ],
    ['a pooling that is unknown', ALL, { pooling_mode: 'weightedmean' }, /it has weightedmean/],
    ['no pooling', ALL, {}, /it chooses none/],
    [
      'a pooling that leaves out the prompt',
      ALL,
      { pooling_mode: 'mean', include_prompt: false },
      /leaves the prompt out of the pooling \(include_prompt\)/,
    ],
  ])('for %s', async (_, types, pooling, message) => {
    writeModules(types, pooling);
    write('config_sentence_transformers.json', { prompts: { query: 'query: ' } });
    await expect(readSource(checkpoint)).rejects.toThrow(message);
    await expect(readSource(checkpoint)).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED' });
  });

  it.each([
    ['SPLADE', { model_type: 'SparseEncoder' }, /This is a SparseEncoder/],
    ['ColBERT', { similarity_fn_name: 'MaxSim' }, /This is a MultiVectorEncoder/],
    ['SPLADE by its modules', {}, /has a MLMTransformer module/],
  ])(
    'for %s, whose last steps would be lost, unless the model alone is asked for',
    async (_, settings, message) => {
      writeCheckpoint({ family: 'bert', head: 'masked-lm', shape: SHAPES.tiny }, checkpoint);
      writeModules(['MLMTransformer', 'SpladePooling'], {});
      write('config_sentence_transformers.json', settings);
      await expect(readSource(checkpoint)).rejects.toThrow(message);
      await expect(readSource(checkpoint)).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED' });
      expect((await readSource(checkpoint, { task: 'fill-mask' })).task).toBe('fill-mask');
    },
  );
});
