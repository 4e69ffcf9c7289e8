import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { type ModelSource, readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { WeightFiles } from '../../../model-assets/toolchain/src/sources/weight-files.ts';
import { checkpointTensors, SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { stateDict, tensor } from '../../fixtures/pickles.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { torchFile, writeTorch } from '../../fixtures/torch.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const OPTIONS = {
  family: 'bert',
  head: 'sequence-classification',
  shape: SHAPES.tiny,
  labels: ['no', 'yes'],
} as const;
const folder = join(root, 'checkpoint');

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  writeCheckpoint(OPTIONS, folder);
});

/** The graph with its weights, as one sum. */
const sumOf = ({ model }: ModelSource) => createHash('sha256').update(encodeModel(model)).digest('hex');

const onlyBin = () => rmSync(join(folder, 'model.safetensors'));

describe('a checkpoint with pytorch_model.bin', () => {
  it.each(['zip', 'legacy'] as const)(
    'in the %s layout gives the graph of its safetensors, byte for byte',
    async (layout) => {
      const expected = sumOf(await readSource(folder));
      onlyBin();
      writeTorch(join(folder, 'pytorch_model.bin'), checkpointTensors(OPTIONS), layout);
      const source = await readSource(folder);
      expect(Object.keys(source.files)).toContain('pytorch_model.bin');
      expect(sumOf(source)).toBe(expected);
    },
  );

  it('reads it from the shards that its index names', async () => {
    const expected = sumOf(await readSource(folder));
    onlyBin();
    const all = checkpointTensors(OPTIONS);
    const half = Math.floor(all.length / 2);
    const shards = {
      'pytorch_model-00001-of-00002.bin': all.slice(0, half),
      'pytorch_model-00002-of-00002.bin': all.slice(half),
    };
    for (const [name, tensors] of Object.entries(shards)) writeTorch(join(folder, name), tensors, 'zip');
    const weight_map = Object.fromEntries(
      Object.entries(shards).flatMap(([file, tensors]) => tensors.map(({ name }) => [name, file])),
    );
    writeFileSync(join(folder, 'pytorch_model.bin.index.json'), JSON.stringify({ metadata: {}, weight_map }));
    expect(sumOf(await readSource(folder))).toBe(expected);
  });

  it('takes its safetensors where it has both', async () => {
    writeFileSync(join(folder, 'pytorch_model.bin'), 'x');
    expect(Object.keys((await readSource(folder)).files)).toContain('model.safetensors');
  });

  it.each(['../secret.bin', '/etc/passwd', 'a/b.bin', 'model.safetensors'])(
    'refuses an index that leads to %s',
    (file) => {
      onlyBin();
      writeFileSync(
        join(folder, 'pytorch_model.bin.index.json'),
        JSON.stringify({ weight_map: { a: file } }),
      );
      expect(() => new WeightFiles(new SourceFolder(folder))).toThrow(/is not a file of the folder/);
    },
  );

  it('refuses whole numbers where the graph needs others', () => {
    onlyBin();
    const saved = stateDict([['a', tensor({ key: '0', type: 'LongStorage', length: 1, dims: [1] })]]);
    writeFileSync(
      join(folder, 'pytorch_model.bin'),
      torchFile('zip', saved, [{ key: '0', size: 8, bytes: Buffer.alloc(8) }]),
    );
    const weights = new WeightFiles(new SourceFolder(folder));
    expect(() => weights.read('a')).toThrow(/'a' is int64, where a floating-point type is expected/);
    weights.close();
  });
});

describe('a LoRA adapter in adapter_model.bin', () => {
  it('gives the graph of its safetensors', async () => {
    const base = join(root, 'base');
    writeCheckpoint({ ...OPTIONS, head: 'masked-lm', labels: [] }, base);
    const adapter = join(root, 'adapter');
    mkdirSync(adapter, { recursive: true });
    writeFileSync(
      join(adapter, 'adapter_config.json'),
      JSON.stringify({ peft_type: 'LORA', task_type: 'SEQ_CLS', r: 2, lora_alpha: 4 }),
    );
    const query = 'base_model.model.bert.encoder.layer.0.attention.self.query';
    const shapes = {
      [`${query}.lora_A.weight`]: [2, 32],
      [`${query}.lora_B.weight`]: [32, 2],
      'base_model.model.classifier.weight': [3, 32],
      'base_model.model.classifier.bias': [3],
    };
    const tensors = Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      values: () =>
        Float32Array.from(
          { length: shape.reduce((product, dim) => product * dim, 1) },
          (_, index) => index / 100,
        ),
    }));
    writeSafetensors(join(adapter, 'adapter_model.safetensors'), tensors);
    const expected = sumOf(await readSource(adapter, { base }));
    renameSync(join(adapter, 'adapter_model.safetensors'), join(adapter, 'unused'));
    writeTorch(join(adapter, 'adapter_model.bin'), tensors, 'legacy');
    expect(sumOf(await readSource(adapter, { base }))).toBe(expected);
  });
});
