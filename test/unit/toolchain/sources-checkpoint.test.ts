import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
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
const checkpoint = join(root, 'my-model');
writeCheckpoint(
  {
    family: 'bert',
    head: 'sequence-classification',
    shape: SHAPES.tiny,
    labels: ['negative', 'neutral', 'positive'],
  },
  original,
);

beforeEach(() => {
  rmSync(checkpoint, { recursive: true, force: true });
  cpSync(original, checkpoint, { recursive: true });
});

/** Changes entries of a JSON file of the checkpoint; undefined takes one away. */
function change(file: string, changes: Readonly<Record<string, unknown>>): void {
  const path = join(checkpoint, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }));
}

describe('a checkpoint folder', () => {
  it('says what the manifest needs to know', async () => {
    const source = await readSource(checkpoint);
    expect(source).toMatchObject({
      kind: 'huggingface',
      id: 'my-model',
      task: 'text-classification',
      labels: ['negative', 'neutral', 'positive'],
      notes: [],
      tokenizer: { vocabSize: 1000, padTokenId: 0, maxTokens: 64, notes: [] },
      outputs: [{ name: 'logits', role: 'logits', type: 'float32', axes: ['batch', 'labels'] }],
    });
    expect(source.inputs.map(({ role }) => role)).toEqual(['input_ids', 'attention_mask', 'token_type_ids']);
    expect(source.readme).toMatch(/^# Random bert/);
  });

  it('of a tagger has labels that are decoded as it is told, where they say where spans begin', async () => {
    const head = 'token-classification';
    const write = (labels: string[]) =>
      writeCheckpoint({ family: 'bert', head, shape: SHAPES.tiny, labels }, checkpoint);
    write(['O', 'B-city', 'I-city']);
    const { taskDefaults } = await readSource(checkpoint, { decoding: 'constrained' });
    expect(taskDefaults).toEqual({ decoding: 'constrained' });
    expect((await readSource(checkpoint)).taskDefaults).toBeUndefined();
    write(['O', 'city', 'artist']);
    await expect(readSource(checkpoint, { decoding: 'constrained' })).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('B-x and I-x'),
    });
  });

  it('has the sum of every file that was read, and of no other', async () => {
    writeFileSync(join(checkpoint, 'optimizer.pt'), 'x');
    const { files } = await readSource(checkpoint);
    const names = [
      'README.md',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ];
    expect(Object.keys(files)).toEqual(names);
    const sum = createHash('sha256')
      .update(readFileSync(join(checkpoint, 'model.safetensors')))
      .digest('hex');
    expect(files['model.safetensors']).toBe(sum);
  });

  it('gives its hidden states when features are asked for, and says which tensors that leaves out', async () => {
    const source = await readSource(checkpoint, { task: 'feature-extraction' });
    expect(source.outputs).toMatchObject([{ name: 'last_hidden_state', role: 'hidden_states' }]);
    expect(source.labels).toEqual([]);
    expect(source.notes).toEqual([expect.stringMatching(/^4 tensors .*classifier\.bias/)]);
  });

  it('in several files gives the graph that it gives in one', async () => {
    const options: CheckpointOptions = {
      family: 'bert',
      head: 'sequence-classification',
      shape: SHAPES.tiny,
      labels: ['negative', 'neutral', 'positive'],
    };
    const whole = await readSource(checkpoint);
    const tensors = checkpointTensors(options).map((tensor) => ({ ...tensor, kept: tensor.values() }));
    rmSync(join(checkpoint, 'model.safetensors'));
    const weight_map: Record<string, string> = {};
    for (const [number, name] of ['model-00001-of-00002', 'model-00002-of-00002'].entries()) {
      const part = tensors.filter((_, index) => index % 2 === number);
      for (const tensor of part) weight_map[tensor.name] = `${name}.safetensors`;
      writeSafetensors(
        join(checkpoint, `${name}.safetensors`),
        part.map((tensor) => ({ ...tensor, values: () => tensor.kept })),
      );
    }
    const index = JSON.stringify({ metadata: {}, weight_map });
    writeFileSync(join(checkpoint, 'model.safetensors.index.json'), index);
    const sharded = await readSource(checkpoint);
    expect(Buffer.from(encodeModel(sharded.model)).equals(encodeModel(whole.model))).toBe(true);
    expect(Object.keys(sharded.files)).toContain('model-00002-of-00002.safetensors');
  });

  it('scores labels one by one when it is a multi-label model', async () => {
    change('config.json', { problem_type: 'multi_label_classification' });
    expect((await readSource(checkpoint)).taskDefaults).toEqual({ functionToApply: 'sigmoid' });
  });

  it.each([
    ['by itself', {}, undefined, 'text-classification'],
    ['as asked', {}, 'text-ranking', 'text-ranking'],
    [
      'of sentence-transformers 4',
      { sentence_transformers: { activation_fn: 'torch.nn.modules.linear.Identity' } },
      undefined,
      'text-ranking',
    ],
    [
      'of older sentence-transformers',
      { sbert_ce_default_activation_function: 'torch.nn.modules.linear.Identity' },
      undefined,
      'text-ranking',
    ],
  ] as const)('with one label, %s, says how it is served', async (_, config, asked, task) => {
    writeCheckpoint(
      { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['LABEL_0'], config },
      checkpoint,
    );
    const source = await readSource(checkpoint, asked ? { task: asked } : {});
    expect(source).toMatchObject({ task, labels: ['LABEL_0'], taskDefaults: { functionToApply: 'sigmoid' } });
  });

  it('with two labels ranks texts if it is asked to, by the softmax of the second', async () => {
    writeCheckpoint(
      { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['LABEL_0', 'LABEL_1'] },
      checkpoint,
    );
    const ranking = await readSource(checkpoint, { task: 'text-ranking' });
    expect(ranking).toMatchObject({ task: 'text-ranking', labels: ['LABEL_0', 'LABEL_1'] });
    expect(ranking.taskDefaults).toBeUndefined();
    expect((await readSource(checkpoint)).task).toBe('text-classification');
  });

  it('of a regression gives its logits as scores', async () => {
    writeCheckpoint(
      {
        ...{ family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['score'] },
        config: { problem_type: 'regression' },
      },
      checkpoint,
    );
    expect((await readSource(checkpoint)).taskDefaults).toEqual({ functionToApply: 'none' });
  });

  it('that tells entailment can be asked to classify without examples', async () => {
    change('config.json', { id2label: { 0: 'contradiction', 1: 'neutral', 2: 'ENTAILMENT' } });
    const source = await readSource(checkpoint, { task: 'zero-shot-classification' });
    expect(source.task).toBe('zero-shot-classification');
    expect((await readSource(checkpoint)).task).toBe('text-classification');
  });

  it.each([
    ['question-answering', 'question-answering', ['start_logits', 'end_logits']],
    ['masked-lm', 'fill-mask', ['logits']],
  ] as const)('with the head %s has no labels, and does %s', async (head, task, outputs) => {
    writeCheckpoint({ family: 'bert', head, shape: SHAPES.tiny }, checkpoint);
    const source = await readSource(checkpoint);
    expect(source).toMatchObject({ task, labels: [], tokenizer: { maskToken: '[MASK]' } });
    expect(source.outputs.map(({ role }) => role)).toEqual(outputs);
  });

  it('takes the mask from the settings of its tokenizer, or else by how tokenizers spell it', async () => {
    change('tokenizer_config.json', { mask_token: { content: 'the' } });
    expect((await readSource(checkpoint)).tokenizer.maskToken).toBe('the');
    change('tokenizer_config.json', { mask_token: null });
    writeFileSync(join(checkpoint, 'special_tokens_map.json'), '{"mask_token": "of"}');
    expect((await readSource(checkpoint)).tokenizer.maskToken).toBe('of');
    writeFileSync(join(checkpoint, 'special_tokens_map.json'), '{"mask_token": "not a token"}');
    expect((await readSource(checkpoint)).tokenizer.maskToken).toBe('[MASK]');
  });

  it('names its labels as transformers does when config.json names none', async () => {
    change('config.json', { id2label: undefined, num_labels: 3 });
    const source = await readSource(checkpoint);
    expect(source.labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    expect(source.notes).toEqual(['config.json names no labels: they are LABEL_0 to LABEL_2']);
  });

  it('without tokenizer.json builds one from the vocabulary of its class, and a note says so', async () => {
    const { model } = JSON.parse(readFileSync(join(checkpoint, 'tokenizer.json'), 'utf8'));
    rmSync(join(checkpoint, 'tokenizer.json'));
    writeFileSync(join(checkpoint, 'vocab.txt'), `${Object.keys(model.vocab).join('\n')}\n`);
    const source = await readSource(checkpoint);
    expect(source.tokenizer).toMatchObject({ vocabSize: 1000, padTokenId: 0, maskToken: '[MASK]' });
    expect(source.notes).toEqual([
      'the tokenizer was built from vocab.txt, as BertTokenizer of transformers does',
    ]);
    expect(Object.keys(source.files)).toContain('vocab.txt');
  });

  it('counts the tokens of a vocabulary whose ids have gaps', async () => {
    const { model } = JSON.parse(readFileSync(join(checkpoint, 'tokenizer.json'), 'utf8'));
    const [gone = ''] = Object.entries(model.vocab).find(([, id]) => id === 500) ?? [];
    delete model.vocab[gone];
    change('tokenizer.json', { model });
    expect((await readSource(checkpoint)).tokenizer).toMatchObject({ vocabSize: 999 });
  });

  it('takes the shorter of what the position table and the tokenizer allow, and the pad token of the tokenizer', async () => {
    change('tokenizer_config.json', { model_max_length: 48, pad_token: { content: '[MASK]' } });
    expect((await readSource(checkpoint)).tokenizer).toMatchObject({ maxTokens: 48, padTokenId: 4 });
    change('tokenizer_config.json', { model_max_length: 1e30 });
    expect((await readSource(checkpoint)).tokenizer.maxTokens).toBe(64);
  });
});

describe('a checkpoint folder is refused', () => {
  it.each([
    [
      'its task is contradicted',
      'SOURCE_INVALID',
      /does text-classification, not --task token-classification/,
      (): void => {},
      'token-classification',
    ],
    [
      'its head has no task',
      'SOURCE_UNSUPPORTED',
      /head of BertForMultipleChoice is not supported/,
      () => change('config.json', { architectures: ['BertForMultipleChoice'] }),
    ],
    [
      'its class is of another family',
      'SOURCE_UNSUPPORTED',
      /config.json says RobertaForSequenceClassification, but models of type 'bert' have BertForSeq/,
      () => change('config.json', { architectures: ['RobertaForSequenceClassification'] }),
    ],
    [
      'it is to rank texts by more labels than two',
      'SOURCE_INVALID',
      /ranked by one logit, or by the second of two, but config.json has 3 labels/,
      (): void => {},
      'text-ranking',
    ],
    [
      'it is to classify without examples and has no label for what follows',
      'SOURCE_INVALID',
      /needs a label that begins with "entail"; config.json has negative, neutral, positive/,
      (): void => {},
      'zero-shot-classification',
    ],
    [
      'nothing says what it is for',
      'SOURCE_INVALID',
      /say which --task/,
      () => change('config.json', { architectures: [] }),
    ],
    [
      'its family is unknown',
      'SOURCE_UNSUPPORTED',
      /type 'mamba' are not supported/,
      () => change('config.json', { model_type: 'mamba' }),
    ],
    [
      'a label is left out',
      'SOURCE_INVALID',
      /no label 1/,
      () => change('config.json', { id2label: { 0: 'a', 2: 'b' } }),
    ],
    [
      'a label is there twice',
      'SOURCE_INVALID',
      /label 'a' twice/,
      () => change('config.json', { id2label: { 0: 'a', 1: 'a', 2: 'b' } }),
    ],
    [
      'its tokenizer gives ids that it has no row for',
      'SOURCE_INVALID',
      /token ids up to 1000, but the model knows ids below 1000/,
      () => change('tokenizer.json', { added_tokens: [{ id: 1000, content: '<new>' }] }),
    ],
    [
      'it has no config.json',
      'SOURCE_INVALID',
      /no config.json/,
      () => rmSync(join(checkpoint, 'config.json')),
    ],
    [
      'its config.json is not JSON',
      'SOURCE_INVALID',
      /config.json is not JSON/,
      () => writeFileSync(join(checkpoint, 'config.json'), '{'),
    ],
    [
      'it has no tokenizer.json',
      'SOURCE_INVALID',
      /no tokenizer.json/,
      () => rmSync(join(checkpoint, 'tokenizer.json')),
    ],
    [
      'it has no weights',
      'SOURCE_NOT_FOUND',
      /'my-model' has neither model.safetensors, pytorch_model.bin nor model.onnx/,
      () => rmSync(join(checkpoint, 'model.safetensors')),
    ],
    ['it does not exist', 'SOURCE_NOT_FOUND', /no folder/, () => rmSync(checkpoint, { recursive: true })],
  ] as const)('when %s', async (_, code, message, breakIt, task?) => {
    breakIt();
    const reading = readSource(checkpoint, task === undefined ? {} : { task });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code });
  });

  it('when its weights are in a pickle that nobody knows the form of', async () => {
    rmSync(join(checkpoint, 'model.safetensors'));
    writeFileSync(join(checkpoint, 'model.pt'), 'x');
    await expect(readSource(checkpoint)).rejects.toThrow(
      /weights are in model.pt, a pickle of an unknown form, which runs code.*save_pretrained/,
    );
  });

  it('when pytorch_model.bin is not what torch.save writes', async () => {
    rmSync(join(checkpoint, 'model.safetensors'));
    writeFileSync(join(checkpoint, 'pytorch_model.bin'), 'x');
    await expect(readSource(checkpoint)).rejects.toThrow(
      /pytorch_model.bin is refused: it is no file of torch.save/,
    );
  });
});
