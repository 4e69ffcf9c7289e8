import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import {
  type CheckpointOptions,
  checkpointTensors,
  SHAPES,
  writeCheckpoint,
} from '../../fixtures/checkpoints.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const original = join(root, 'original');
const run = join(root, 'run');
const options: CheckpointOptions = {
  family: 'bert',
  head: 'sequence-classification',
  shape: SHAPES.tiny,
  labels: ['bad', 'good'],
};
writeCheckpoint(options, original);

beforeEach(() => {
  rmSync(run, { recursive: true, force: true });
  mkdirSync(run);
});

const copyTo = (folder: string) => cpSync(original, join(run, folder), { recursive: true });
const write = (file: string, content: unknown) => writeFileSync(join(run, file), JSON.stringify(content));

/** Moves what the Trainer writes once, at the end of a training, out of a checkpoint. */
function moveUp(folder: string, files: readonly string[]): void {
  for (const file of files) renameSync(join(run, folder, file), join(run, file));
}

describe('a folder of a training', () => {
  it('with one checkpoint is that checkpoint, with the files around it', async () => {
    copyTo('checkpoint-500');
    moveUp('checkpoint-500', ['tokenizer.json', 'tokenizer_config.json', 'README.md']);
    const source = await readSource(run);
    expect(source).toMatchObject({
      id: 'run/checkpoint-500',
      notes: ['the model is the one in checkpoint-500'],
    });
    expect(source.readme).toMatch(/^# Random bert/);
    expect(Object.keys(source.files)).toEqual([
      'README.md',
      'checkpoint-500/config.json',
      'checkpoint-500/model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  it('with several is refused, and the best of them is named', async () => {
    for (const step of [500, 1000, 1500]) copyTo(`checkpoint-${step}`);
    const reading = readSource(run);
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    await expect(reading).rejects.toThrow(
      /checkpoint-1500, checkpoint-1000, checkpoint-500\. Did you mean run\/checkpoint-1500\?.*it is the last/,
    );
    write('checkpoint-1500/trainer_state.json', { best_model_checkpoint: '/home/me/out/checkpoint-1000' });
    await expect(readSource(run)).rejects.toThrow(/Did you mean run\/checkpoint-1000\?.*calls it the best/);
    write('checkpoint-1500/trainer_state.json', { best_model_checkpoint: 'out/checkpoint-7' });
    await expect(readSource(run)).rejects.toThrow(/Did you mean run\/checkpoint-1500\?/);
  });

  it('with one checkpoint that has a model, beside others that have none, is the one', async () => {
    copyTo('checkpoint-500');
    mkdirSync(join(run, 'checkpoint-1000'));
    expect((await readSource(run)).id).toBe('run/checkpoint-500');
  });

  it('with checkpoints in pickles of an unknown form is refused for that reason', async () => {
    for (const step of [500, 1000]) mkdirSync(join(run, `checkpoint-${step}`));
    writeFileSync(join(run, 'checkpoint-1000/model.ckpt'), 'x');
    await expect(readSource(run)).rejects.toThrow(/weights are in model.ckpt, a pickle/);
  });

  it('with a model of its own is that model, whatever checkpoints lie in it', async () => {
    for (const folder of ['.', 'checkpoint-500', 'checkpoint-1000']) copyTo(folder);
    expect((await readSource(run)).id).toBe('run');
  });
});

describe('a folder around a model', () => {
  it('of sentence-transformers is the module that modules.json names', async () => {
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, join(run, '0_Transformer'));
    write('0_Transformer/sentence_bert_config.json', { max_seq_length: 48 });
    mkdirSync(join(run, '1_Pooling'));
    write('1_Pooling/config.json', { pooling_mode_cls_token: true });
    const type = (name: string) => `sentence_transformers.models.${name}`;
    write('modules.json', [
      { idx: 0, path: '0_Transformer', type: type('Transformer') },
      { idx: 1, path: '1_Pooling', type: type('Pooling') },
    ]);
    const source = await readSource(run);
    expect(source.taskDefaults).toEqual({ pooling: 'cls', normalize: false });
    expect(source.tokenizer.maxTokens).toBe(48);
    write('modules.json', [{ path: '0_StaticEmbedding', type: type('StaticEmbedding') }]);
    await expect(readSource(run)).rejects.toThrow(/has a StaticEmbedding module in 0_StaticEmbedding/);
    write('modules.json', [{ path: '..', type: type('Transformer') }]);
    await expect(readSource(run)).rejects.toThrow(/modules.json: 0.path: must be the name of a folder/);
  });

  it('names the folders in it that have one', async () => {
    copyTo('final');
    copyTo('best');
    await expect(readSource(run)).rejects.toThrow(
      /no model of its own. Did you mean run\/best or run\/final\?/,
    );
  });

  it('says what it has where that is no model', async () => {
    write('tf_model.h5', 0);
    await expect(readSource(run)).rejects.toThrow(
      /neither model.safetensors, pytorch_model.bin nor model.onnx; it has tf_model.h5\./,
    );
  });
});

describe('tensors of a checkpoint', () => {
  it.each(['module.', 'model.', '_orig_mod.', 'module._orig_mod.', 'net.encoder_model.'])(
    'are found behind %s where all names begin with it',
    async (prefix) => {
      const plain = await readSource(original);
      copyTo('.');
      const named = (before: string) =>
        checkpointTensors(options).map((tensor) => ({ ...tensor, name: before + tensor.name }));
      writeSafetensors(join(run, 'model.safetensors'), named(prefix));
      const { model } = await readSource(run);
      expect(Buffer.from(encodeModel(model)).equals(encodeModel(plain.model))).toBe(true);
    },
  );

  it('are named where one is missing', async () => {
    copyTo('.');
    const tensors = checkpointTensors(options).map((tensor, index) => ({
      ...tensor,
      name: index === 0 ? 'loss.weight' : `model.${tensor.name}`,
    }));
    writeSafetensors(join(run, 'model.safetensors'), tensors);
    await expect(readSource(run)).rejects.toThrow(
      /no tensor 'bert.embeddings.word_embeddings.weight' .* has 41 tensors, such as 'loss.weight'/,
    );
  });
});

describe('a model of SetFit', () => {
  it('is refused, because its classifier would be lost, unless its encoder is asked for', async () => {
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, run);
    writeFileSync(join(run, 'model_head.pkl'), 'x');
    const reading = readSource(run);
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED' });
    await expect(reading).rejects.toThrow(/SetFit \(model_head.pkl\).*--task feature-extraction/);
    const { task, notes } = await readSource(run, { task: 'feature-extraction' });
    expect({ task, notes }).toMatchObject({
      task: 'feature-extraction',
      notes: [expect.stringMatching(/SetFit/), expect.anything()],
    });
  });
});

describe('config.json', () => {
  beforeEach(() => copyTo('.'));
  const change = (changes: Record<string, unknown>) =>
    write('config.json', { ...JSON.parse(readFileSync(join(original, 'config.json'), 'utf8')), ...changes });

  it.each([
    ['numbers', { 0: 0, 1: 1 }, ['0', '1']],
    ['truth values', { 0: false, 1: true }, ['false', 'true']],
    ['a list', ['no', 'yes'], ['no', 'yes']],
  ])('may have labels that are %s', async (_, id2label, labels) => {
    change({ id2label });
    expect((await readSource(run)).labels).toEqual(labels);
  });

  it.each([
    [{ id2label: { 0: 'a', 1: null } }, /id2label.1 in config.json is null: every label needs a name/],
    [{ id2label: { 0: 'a', 1: '' } }, /id2label.1 in config.json is empty/],
    [{ id2label: { 0: 'a', 1: ['b'] } }, /id2label.1 in config.json is no text/],
    [{ id2label: { 0: 1, 1: '1' } }, /the label '1' twice/],
    [{ id2label: { 0: 'a', one: 'b' } }, /has no label 1/],
    [{ id2label: 'a,b' }, /id2label in config.json must be an object or a list/],
    [{ id2label: undefined, num_labels: 1e9 }, /config.json has 1000000000 labels; at most 100000/],
    [
      { model_type: undefined },
      /no model_type. It says BertForSequenceClassification: write "model_type": "bert"/,
    ],
    [{ model_type: undefined, architectures: ['XNet'] }, /no model_type, which names the family/],
    [
      { quantization_config: { quant_method: 'bitsandbytes', load_in_8bit: true } },
      /is quantised \(quantization_config, bitsandbytes\)/,
    ],
    [{ model_type: 'model2vec' }, /model of model2vec: it has static vectors/],
    [{ vocab_size: undefined }, /vocab_size: is missing/],
    [{ architectures: [1] }, /config.json: architectures.0: must be a text/],
  ])('is refused with %j', async (changes, message) => {
    change(changes);
    const reading = readSource(run);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({
      code: expect.stringMatching(/^SOURCE_(INVALID|UNSUPPORTED)$/),
    });
  });

  it('may begin with a byte order mark', async () => {
    const text = readFileSync(join(original, 'config.json'), 'utf8');
    writeFileSync(join(run, 'config.json'), `\ufeff${text}`);
    expect((await readSource(run)).labels).toEqual(['bad', 'good']);
    writeFileSync(join(run, 'config.json'), `\ufeff${text}`, 'utf16le');
    await expect(readSource(run)).rejects.toThrow(/config.json is in UTF-16/);
  });

  it.each([
    ['', /config.json is not JSON: it is empty/],
    ['{"model_type": "bert",}', /config.json is not JSON: .*position/],
    ['<!DOCTYPE html>\n<html></html>', /config.json is not JSON: it is a web page/],
    ['Entry not found', /config.json is not JSON: .*Entry not/],
  ])('is refused where it is %j', async (content, message) => {
    writeFileSync(join(run, 'config.json'), content);
    await expect(readSource(run)).rejects.toThrow(message);
  });
});

test.each([
  ['acme/reviews', /did you mean hf:acme\/reviews,/],
  ['acme/reviews@v2', /did you mean hf:acme\/reviews@v2,/],
  ['https://huggingface.co/acme/reviews', /did you mean hf:acme\/reviews,/],
  ['https://huggingface.co/acme/reviews/tree/main', /did you mean hf:acme\/reviews@main,/],
  ['distil-sst2', /did you mean hf:distil-sst2,/],
  ['./missing', /There is no folder '\.\/missing'\.$/],
])('the source %s, which is no folder, is answered with how to get one', async (path, message) => {
  const reading = readSource(path);
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  await expect(reading).rejects.toThrow(message);
});

test('a file in place of a folder is told from a folder', async () => {
  writeFileSync(join(run, 'model.tar.gz'), '');
  await expect(readSource(join(run, 'model.tar.gz'))).rejects.toThrow(/model\.tar\.gz' is .*a folder/);
});
