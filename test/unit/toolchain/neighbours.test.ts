import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type Golden } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import {
  passesNeighbourGate,
  passNeighbours,
} from '../../../model-assets/toolchain/src/package/neighbour-gate.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import {
  explainRefusedBatch,
  measureNeighbours,
} from '../../../model-assets/toolchain/src/stages/neighbours.ts';
import { addOptions, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const checkpoint = tinyCheckpoint(folder);

/** Two goldens of two logits each. */
const GOLDENS: readonly Golden[] = [
  { text: 'a', ids: [2, 3], outputs: { logits: { dims: [2], values: [3, 4] } } },
  { text: 'b', ids: [2, 4, 3], outputs: { logits: { dims: [2], values: [0, 0] } } },
];

function answering(...logits: readonly (readonly number[])[]): Parameters<typeof measureNeighbours>[0] {
  return {
    infer: async () =>
      GOLDENS.map(({ ids }, index) => ({
        encoding: { ids, typeIds: ids.map(() => 0), spans: [], overlap: 0 },
        outputs: { logits: { dims: [2], data: Float32Array.from(logits[index] ?? []) } },
      })) as unknown as Awaited<ReturnType<Parameters<typeof measureNeighbours>[0]['infer']>>,
  };
}

describe('answers in a batch', () => {
  it('are compared with those alone by their root mean square', async () => {
    expect(await measureNeighbours(answering([3, 4], [0, 0]), GOLDENS)).toBe(0);
    expect(await measureNeighbours(answering([3, 4], [0, 0.5]), GOLDENS)).toBeCloseTo(0.1, 9);
  });

  it('that are missing for some texts are a batch size that is fixed in the graph', async () => {
    await expect(measureNeighbours(answering([3, 4], []), GOLDENS)).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining(
        'it gives fewer rows than it gets texts. Export the model with dynamic axes',
      ),
    });
  });

  it('that are no numbers are said to be so', async () => {
    await expect(measureNeighbours(answering([3, 4], [0, Number.NaN]), GOLDENS)).rejects.toThrow(
      'answers otherwise beside other texts than alone: logits holds NaN',
    );
  });

  it('that the runtime refuses are explained by what it says, in one line', async () => {
    const cause = new Error(
      'The input tensor cannot be reshaped. requested shape:{2,-1,32}\n at sequential_executor.cc',
    );
    const failing = () =>
      Promise.reject(new EngineError('SESSION_FAILED', 'The model could not be run.', { cause }));
    await expect(explainRefusedBatch(failing)).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message:
        'The graph does not take texts of any number and length: The input tensor cannot be reshaped. requested shape:{2,-1,32}. Export the model with dynamic axes for batch and tokens.',
    });
    const other = new EngineError('INPUT_TOO_LONG', 'Too long.');
    await expect(explainRefusedBatch(() => Promise.reject(other))).rejects.toBe(other);
  });
});

describe('the gate of neighbours', () => {
  const mask = [{ name: 'm', role: 'attention_mask', type: 'int64', axes: ['batch', 'tokens'] }] as const;
  const masked = mask.map((input) => ({ ...input, axes: [...input.axes] }));

  it.each([
    ['fp32, as noisy as MobileBERT', 0.0023, undefined, true],
    ['fp32 at the bound', 0.01, undefined, true],
    ['fp32 beyond it', 0.0101, undefined, false],
    ['fp16 weights, which are fp32 by then', 0.02, 'fp16', false],
    ['a usual dynamic int8 export of a trained MiniLM', 0.101, 'int8', true],
    ['an int8 export that reads padding', 0.3, 'int8', false],
  ] as const)('lets pass: %s (%d)', (_, relative, precision, passes) => {
    const judge = () => passNeighbours(relative, { inputs: masked, precision });
    if (passes) expect(judge()).toHaveLength(relative > 0.01 ? 1 : 0);
    else expect(judge).toThrow(/reads the padding of shorter texts although attention_mask leaves it out/);
  });

  it('has the bound of fp32 for a quantised graph without a mask, and names the reason', () => {
    expect(() => passNeighbours(0.02, { inputs: [], precision: 'int8' })).toThrow(
      /relative difference 2 % of at most 1 %\): it has no input attention_mask/,
    );
  });

  it('holds for packages of earlier releases too', () => {
    expect(passesNeighbourGate({ relative: 0.0023 })).toBe(true);
    expect(passesNeighbourGate({ relative: 0.294 })).toBe(false);
  });
});

/** Makes a graph that takes every token for text: its mask is computed from the ids, padding included. */
function withoutMask({ graph }: OnnxModel): void {
  graph.input = graph.input.filter(({ name }) => name !== 'attention_mask');
  graph.initializer.push(int64Tensor('zero', [1], [0]), int64Tensor('one', [1], [1]));
  graph.node.unshift(
    makeNode('Mul', ['input_ids', 'zero'], ['zeros']),
    makeNode('Add', ['zeros', 'one'], ['attention_mask']),
  );
}

describe('an export without attention_mask', () => {
  it('is refused in every variant, with the reason, and leaves nothing behind', async () => {
    const source = join(folder, 'no-mask');
    cpSync(checkpoint, source, { recursive: true });
    rmSync(join(source, 'model.safetensors'));
    const { model } = await readSource(checkpoint);
    withoutMask(model);
    writeFileSync(join(source, 'model.onnx'), encodeModel(model));
    const packages = mkdtempSync(join(folder, 'packages-'));
    for (const variants of [['fp32'], ['int8']] as const) {
      await expect(packageModel(addOptions(source, packages, { variants }), silent)).rejects.toMatchObject({
        code: 'SOURCE_UNSUPPORTED',
        message: expect.stringMatching(/depends on the texts beside it.*no input attention_mask/),
      });
    }
    expect(existsSync(join(packages, 'tiny'))).toBe(false);
  });
});
