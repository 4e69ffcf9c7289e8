import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { int, ints, makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  ELEMENT,
  floatTensor,
  int64Tensor,
  tensorBytes,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { writeFp32Package } from '../../fixtures/fp32-package.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const folder = join(root, 'exported');
const TOKENS = 400;

interface Changes {
  readonly idsName?: string;
  readonly idsType?: number;
  readonly batch?: number | string;
  readonly logitsType?: number;
  readonly opset?: number;
}

/** Logit n is the number of tokens, padding (id 0) aside, plus n: enough to tell whether ids reach the graph. */
function exported({
  idsName = 'input_ids',
  idsType = ELEMENT.int64,
  batch = 'b',
  opset = 14,
  ...changes
}: Changes = {}): OnnxModel {
  const graph = new GraphBuilder('export');
  const ids = graph.input(idsName, idsType, [batch, 's']);
  graph.input('input_mask', ELEMENT.int64, [batch, 's']);
  const table = floatTensor('table', [TOKENS, 4], new Float32Array(4 * TOKENS).fill(1, 4));
  const rows = graph.op('Gather', [graph.constant(table), ids], 'rows', { attributes: { axis: int(0) } });
  const logits = graph.op('ReduceSum', [rows, graph.constant(int64Tensor('axis', [1], [1]))], 'sum', {
    attributes: { keepdims: int(0) },
  });
  const offsets = graph.constant(floatTensor('offsets', [4], Float32Array.of(0, 1, 2, 3)));
  graph.output(graph.op('Add', [logits, offsets], 'logits'), changes.logitsType ?? ELEMENT.float32, [
    batch,
    4,
  ]);
  graph.output(
    graph.op('Transpose', [rows], 'hidden', { attributes: { perm: ints([0, 2, 1]) } }),
    ELEMENT.float32,
    ['b', 4, 's'],
  );
  return Object.assign(graph.build(), { opsetImport: [{ domain: '', version: opset }] });
}

const write = (file: string, content: unknown) => writeFileSync(join(folder, file), JSON.stringify(content));
const config = {
  model_type: 'deberta',
  architectures: ['DebertaForSequenceClassification'],
  id2label: { 0: 'a', 1: 'b', 2: 'c', 3: 'd' },
  max_position_embeddings: 32,
  vocab_size: TOKENS,
};

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  write('config.json', config);
  write('tokenizer.json', tokenizerJson(vocabulary(TOKENS)));
  writeFileSync(join(folder, 'model.onnx'), encodeModel(exported()));
});

describe('an ONNX export', () => {
  it('of any family says what the manifest needs to know, by the names of its inputs and outputs', async () => {
    const source = await readSource(folder);
    expect(source).toMatchObject({
      kind: 'onnx',
      id: 'exported',
      task: 'text-classification',
      labels: ['a', 'b', 'c', 'd'],
      inputs: [
        { name: 'input_ids', role: 'input_ids', axes: ['batch', 'tokens'] },
        { name: 'input_mask', role: 'attention_mask', axes: ['batch', 'tokens'] },
      ],
      outputs: [{ name: 'logits', role: 'logits', axes: ['batch', 'labels'] }],
      tokenizer: { vocabSize: TOKENS, maxTokens: 32 },
    });
    expect(source.model.graph.output.map(({ name }) => name)).toEqual(['logits']);
    expect(Object.keys(source.files)).toEqual(['config.json', 'model.onnx', 'tokenizer.json']);
  });

  it.each([ELEMENT.int64, ELEMENT.int32])(
    'is served, whichever integers it reads (element type %i)',
    async (idsType) => {
      writeFileSync(join(folder, 'model.onnx'), encodeModel(exported({ idsType })));
      const packages = join(root, `packages-${idsType}`);
      await writeFp32Package(await readSource(folder), packages);
      const engine = new Engine({ packages });
      const predictor = await engine.predictor('exported');
      const [result] = await predictor.infer([{ text: 'i love this movie' }]);
      expect([...(result?.outputs.logits?.data ?? [])]).toEqual([6, 7, 8, 9]);
      await engine.dispose();
    },
  );

  it('may list its weights among its inputs, as old exporters do', async () => {
    const old = exported();
    const float32 = {
      tensorType: { elemType: ELEMENT.float32, shape: { dim: [{ dimValue: TOKENS }, { dimValue: 4 }] } },
    };
    old.graph.input.push({ name: 'table', type: float32 });
    writeFileSync(join(folder, 'model.onnx'), encodeModel(Object.assign(old, { irVersion: 3 })));
    const { inputs, model } = await readSource(folder);
    expect(inputs.map(({ name }) => name)).toEqual(['input_ids', 'input_mask']);
    expect(model.irVersion).toBe(4);
  });

  it('may keep its weights in a file beside it, whose sum is recorded', async () => {
    mkdirSync(join(folder, 'onnx'));
    rmSync(join(folder, 'model.onnx'));
    saveModel(exported(), join(folder, 'onnx', 'model.onnx'), join(folder, 'onnx', 'model.onnx_data'));
    const { files, model } = await readSource(folder);
    expect(Object.keys(files)).toContain('onnx/model.onnx_data');
    const table = model.graph.initializer.find(({ name }) => name === 'table');
    expect(table && tensorBytes(table)).toHaveLength(16 * TOKENS);
  });

  it.each([
    ['bert', 'sequence-classification', 'text-classification', ['logits'], 64],
    ['distilbert', 'token-classification', 'token-classification', ['logits'], 64],
    ['xlm-roberta', 'question-answering', 'question-answering', ['start_logits', 'end_logits'], 62],
    ['roberta', 'masked-lm', 'fill-mask', ['logits'], 62],
    ['mpnet', 'base', 'feature-extraction', ['hidden_states'], 62],
  ] as const)('of %s with the head %s does %s', async (family, head, task, roles, maxTokens) => {
    const labels = head.endsWith('classification') ? ['a', 'b'] : [];
    writeCheckpoint({ family, head, shape: SHAPES.tiny, labels }, folder);
    const { model } = await readSource(folder);
    writeFileSync(join(folder, 'model.onnx'), encodeModel(model));
    rmSync(join(folder, 'model.safetensors'));
    rmSync(join(folder, 'tokenizer_config.json'));
    const source = await readSource(folder);
    expect(source).toMatchObject({ kind: 'onnx', task, labels, tokenizer: { maxTokens } });
    expect(source.outputs.map(({ role }) => role)).toEqual(roles);
  });

  it('is second choice to a checkpoint that a graph can be built for', async () => {
    writeCheckpoint(
      { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['a', 'b'] },
      folder,
    );
    expect((await readSource(folder)).kind).toBe('huggingface');
    write('config.json', config);
    write('tokenizer.json', tokenizerJson(vocabulary(TOKENS)));
    expect((await readSource(folder)).kind).toBe('onnx');
  });
});

describe('embeddings of an ONNX export', () => {
  beforeEach(() => {
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny, labels: [] }, folder);
  });

  it('are made as the caller says, whatever the files say or leave out', async () => {
    const chosen = { pooling: 'cls', normalize: true } as const;
    expect((await readSource(folder)).taskDefaults).toBeUndefined();
    expect((await readSource(folder, chosen)).taskDefaults).toEqual(chosen);
    write('modules.json', [
      { path: '', type: 'sentence_transformers.models.Transformer' },
      { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    ]);
    mkdirSync(join(folder, '1_Pooling'));
    write('1_Pooling/config.json', { pooling_mode_mean_tokens: true });
    expect((await readSource(folder)).taskDefaults).toEqual({ pooling: 'mean', normalize: false });
    expect((await readSource(folder, { pooling: 'last-token' })).taskDefaults).toEqual({
      pooling: 'last-token',
      normalize: false,
    });
  });

  it('are pooled by nobody else where the graph pools', async () => {
    const { model } = await readSource(folder);
    rmSync(join(folder, 'model.safetensors'));
    const [states] = model.graph.output;
    model.graph.node.push(
      makeNode('ReduceMean', [states?.name ?? ''], ['sentence_embedding'], {
        attributes: { axes: ints([1]), keepdims: int(0) },
      }),
    );
    const tensorType = { elemType: ELEMENT.float32, shape: { dim: [{ dimParam: 'b' }, { dimValue: 32 }] } };
    model.graph.output = [{ name: 'sentence_embedding', type: { tensorType } }];
    writeFileSync(join(folder, 'model.onnx'), encodeModel(model));
    expect((await readSource(folder)).outputs).toMatchObject([{ role: 'embeddings' }]);
    await expect(readSource(folder, { pooling: 'cls', output: 'sentence_embedding' })).rejects.toThrow(
      "'sentence_embedding' is one vector a text, pooled by the graph already. Leave --pooling out.",
    );
  });
});

describe('an ONNX export is refused', () => {
  it('when it classifies and is asked to pool', async () => {
    await expect(readSource(folder, { normalize: true })).rejects.toThrow(
      '--pooling and --normalize are for models that embed texts, and this one does text-classification',
    );
  });

  it('when its file, or that of its weights, is the pointer of Git LFS', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n';
    saveModel(exported(), join(folder, 'model.onnx'), join(folder, 'weights.data'));
    for (const file of ['weights.data', 'model.onnx']) {
      writeFileSync(join(folder, file), pointer);
      await expect(readSource(folder)).rejects.toMatchObject({
        code: 'SOURCE_INVALID',
        message: expect.stringMatching(new RegExp(`^${file} is .*pointer.*Git LFS`)),
      });
    }
  });

  it.each([
    ['an input has no role', { idsName: 'pixel_values' }, /has an input 'pixel_values', which is none of/],
    [
      'it wants positions to be given',
      { idsName: 'position_ids' },
      /has an input 'position_ids', which is none of input_ids, attention_mask, token_type_ids/,
    ],
    ['an input is not an integer', { idsType: ELEMENT.float32 }, /neither int64 nor int32/],
    ['its batch is fixed', { batch: 1 }, /fixed to batch 1: export the model with dynamic axes/],
    ['its output is double precision', { logitsType: ELEMENT.float64 }, /export the model in fp32/],
    ['its operator set is too old', { opset: 10 }, /operator set 10; export it again with 11 or later/],
  ] as const)('when %s', async (_, changes, message) => {
    writeFileSync(join(folder, 'model.onnx'), encodeModel(exported(changes)));
    await expect(readSource(folder)).rejects.toThrow(message);
    await expect(readSource(folder)).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED' });
  });

  it('when it has another number of logits than there are labels', async () => {
    write('config.json', { ...config, id2label: { 0: 'a', 1: 'b' } });
    await expect(readSource(folder)).rejects.toThrow('gives 4 logits, but config.json has 2 labels');
  });

  it('when it lacks the output of its task, or has it in another shape', async () => {
    await expect(readSource(folder, { task: 'feature-extraction' })).rejects.toThrow(
      'needs an output last_hidden_state; it has logits, hidden',
    );
    write('config.json', { ...config, architectures: ['DebertaForTokenClassification'] });
    await expect(readSource(folder)).rejects.toThrow(
      "'logits' has 2 axes, but token-classification needs [batch, tokens, labels]",
    );
  });
});
