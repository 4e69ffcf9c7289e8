import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const base = join(root, 'base');
const adapter = join(root, 'my-adapter');
writeCheckpoint({ family: 'bert', head: 'masked-lm', shape: SHAPES.tiny }, base);

const QUERY = 'base_model.model.bert.encoder.layer.0.attention.self.query';
const TENSORS = {
  [`${QUERY}.lora_A.weight`]: [2, 32],
  [`${QUERY}.lora_B.weight`]: [32, 2],
  'base_model.model.classifier.weight': [3, 32],
  'base_model.model.classifier.bias': [3],
};
const CONFIG = {
  peft_type: 'LORA',
  task_type: 'SEQ_CLS',
  base_model_name_or_path: 'acme/base-uncased',
  r: 2,
  lora_alpha: 4,
  use_dora: false,
  init_lora_weights: true,
};

const writeTensors = (tensors: Readonly<Record<string, readonly number[]>>) =>
  writeSafetensors(
    join(adapter, 'adapter_model.safetensors'),
    Object.entries(tensors).map(([name, shape]) => ({
      name,
      shape,
      values: () => new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1),
    })),
  );
const writeConfig = (changes: Readonly<Record<string, unknown>> = {}) =>
  writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify({ ...CONFIG, ...changes }));

beforeEach(() => {
  rmSync(adapter, { recursive: true, force: true });
  cpSync(join(base, 'README.md'), join(adapter, 'README.md'));
  writeConfig();
  writeTensors(TENSORS);
});

describe('a LoRA adapter', () => {
  it('says which base it needs, and how to come to it', async () => {
    const reading = readSource(adapter);
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    await expect(reading).rejects.toThrow(
      /'my-adapter' is a LoRA adapter.*'acme\/base-uncased': add --base hf:acme\/base-uncased, or name its folder with --base/,
    );
  });

  it('brings the head and its number of labels; the rest is that of the base', async () => {
    const source = await readSource(adapter, { base });
    expect(source).toMatchObject({
      id: 'my-adapter',
      task: 'text-classification',
      labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'],
      tokenizer: { vocabSize: 1000, maxTokens: 64 },
    });
    expect(source.notes[0]).toBe("the adapter is merged into 'base'; it was trained on 'acme/base-uncased'");
    expect(Object.keys(source.files)).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map(
        (file) => `base/${file}`,
      ),
    ]);
  });

  it('has the labels of its own config.json, if it has one', async () => {
    writeCheckpoint(
      { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['no', 'maybe', 'yes'] },
      join(root, 'labelled'),
    );
    cpSync(join(root, 'labelled/config.json'), join(adapter, 'config.json'));
    expect((await readSource(adapter, { base })).labels).toEqual(['no', 'maybe', 'yes']);
  });

  it('that does not say what it was trained for is asked, where it holds a classifier', async () => {
    writeConfig({ task_type: null });
    await expect(readSource(adapter, { base })).rejects.toThrow(/has no task_type.*say which --task/);
    expect((await readSource(adapter, { base, task: 'text-classification' })).labels).toHaveLength(3);
    writeTensors(Object.fromEntries(Object.entries(TENSORS).slice(0, 2)));
    expect((await readSource(adapter, { base })).task).toBe('fill-mask');
  });

  it.each([
    [{ peft_type: 'IA3' }, /type IA3, and only LORA can be merged.*merge_and_unload/],
    [{ peft_type: 'LOHA', r: undefined }, /type LOHA/],
    [{ use_dora: true }, /use_dora, which is not supported/],
    [{ lora_bias: true }, /lora_bias/],
    [{ trainable_token_indices: [1] }, /trainable_token_indices/],
    [{ layer_replication: [[0, 1]] }, /layer_replication/],
    [{ init_lora_weights: 'pissa' }, /init_lora_weights "pissa", which changes the base too/],
    [{ task_type: 'CAUSAL_LM' }, /is for CAUSAL_LM; supported are SEQ_CLS/],
    [{ rank_pattern: { '(a+)+': 3 } }, /the expression '\(a\+\)\+'/],
    [{ alpha_pattern: { 'layer\\.\\d\\.attention': 3 } }, /the expression 'layer\\.\\d\\.attention'/],
    [{ peft_type: undefined }, /adapter_config.json: peft_type: is missing/],
    [{ r: 0 }, /adapter_config.json: r: must be above 0/],
    [
      { r: 4 },
      /lora_A.weight' of the adapter has shape \[2,32\], but its base and its rank make it \[4,32\]/,
    ],
    [{ rank_pattern: { query: 3 } }, /make it \[3,32\]/],
  ])('is refused with %j', async (changes, message) => {
    writeConfig(changes);
    await expect(readSource(adapter, { base })).rejects.toThrow(message);
  });

  it.each([
    [{ [`${QUERY}.lora_magnitude_vector`]: [32] }, /lora_magnitude_vector' of the adapter is none of LoRA/],
    [{ 'encoder.weight': [32] }, /'encoder.weight' of the adapter is none of LoRA/],
    [{ 'base_model.model.bert.x.lora_A.weight': [2, 32] }, /one of the two factors of 'bert.x' only/],
    [
      { 'base_model.model.bert.x.lora_A.weight': [2, 32], 'base_model.model.bert.x.lora_B.weight': [32, 2] },
      /changes 'bert.x', which the base does not have/,
    ],
    [
      { [`${QUERY}.lora_B.weight`]: [16, 2] },
      /has shape \[16,2\], but its base and its rank make it \[32,2\]/,
    ],
  ])('is refused with the tensors %j', async (more, message) => {
    writeTensors({ ...TENSORS, ...more });
    const reading = readSource(adapter, { base });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code: 'WEIGHTS_INVALID' });
  });

  it('of the embeddings is refused where they are the decoder too', async () => {
    writeConfig({ task_type: null });
    const embeddings = 'base_model.model.bert.embeddings.word_embeddings';
    writeTensors({
      [`${embeddings}.lora_embedding_A`]: [2, 1000],
      [`${embeddings}.lora_embedding_B`]: [32, 2],
    });
    await expect(readSource(adapter, { base })).rejects.toThrow(/embeddings of a model that fills masks/);
    expect((await readSource(adapter, { base, task: 'feature-extraction' })).task).toBe('feature-extraction');
  });

  it('in a pickle of an unknown form is refused with the way out', async () => {
    renameSync(join(adapter, 'adapter_model.safetensors'), join(adapter, 'adapter.pt'));
    await expect(readSource(adapter, { base })).rejects.toThrow(/weights are in adapter.pt, a pickle/);
  });

  it('over a base without weights is refused by the name of the base', async () => {
    const empty = join(root, 'empty');
    writeCheckpoint({ family: 'bert', head: 'masked-lm', shape: SHAPES.tiny }, empty);
    renameSync(join(empty, 'model.safetensors'), join(empty, 'model.gguf'));
    await expect(readSource(adapter, { base: empty })).rejects.toThrow(
      /base 'empty' has neither model.safetensors nor pytorch_model.bin/,
    );
    renameSync(join(empty, 'model.gguf'), join(empty, 'model.pt'));
    await expect(readSource(adapter, { base: empty })).rejects.toThrow(/weights are in model.pt, a pickle/);
  });

  it('beside a whole model is refused, because one of the two is not meant', async () => {
    cpSync(join(base, 'model.safetensors'), join(adapter, 'model.safetensors'));
    await expect(readSource(adapter, { base })).rejects.toThrow(/has a whole model and an adapter/);
  });
});

it('a base for what is no adapter is wrong usage', async () => {
  await expect(readSource(base, { base })).rejects.toMatchObject({ code: 'USAGE' });
});
