import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@pilotlight/engine/manifest';
import type { ModelSource } from '../../model-assets/toolchain/sources/index.ts';
import { externalise } from '../../model-assets/toolchain/stages/externalise.ts';
import { optimise, RUNTIME_VERSION } from '../../model-assets/toolchain/stages/optimise.ts';

/** Writes `<packages>/<source id>/1.0.0` with the fp32 graph alone: what a graph needs so that the engine runs it. */
export async function writeFp32Package(source: ModelSource, packages: string): Promise<void> {
  const folder = join(packages, source.id, '1.0.0');
  const files = await externalise(await optimise(source.model), join(folder, 'fp32'));
  mkdirSync(folder, { recursive: true });
  cpSync(source.tokenizer.path, join(folder, 'tokenizer.json'));
  for (const name of ['goldens.jsonl', 'MODEL_CARD.md']) writeFileSync(join(folder, name), '\n');
  const file = (path: string) => {
    const bytes = readFileSync(join(folder, path));
    return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const { path: _, ...tokenizer } = source.tokenizer;
  const manifest: Manifest = {
    formatVersion: 1,
    name: source.id,
    version: '1.0.0',
    task: source.task,
    labels: [...source.labels],
    textProcessing: { kind: 'tokenizer.json', file: file('tokenizer.json'), ...tokenizer },
    defaultVariant: 'fp32',
    variants: {
      fp32: {
        graphs: { model: { file: 'fp32/model.onnx', inputs: source.inputs, outputs: source.outputs } },
        files: files.map(({ path, ...rest }) => ({ path: `fp32/${path}`, ...rest })),
        opset: 20,
        onnxruntime: RUNTIME_VERSION,
        scheme: 'fp32',
        tokenBudget: 4096,
        tier: 'lambda',
      },
    },
    goldens: file('goldens.jsonl'),
    modelCard: file('MODEL_CARD.md'),
    source: { kind: source.kind, id: source.id, files: source.files },
    quality: [],
    toolchain: { pilotlight: '0.1.0', node: process.versions.node, onnxruntime: RUNTIME_VERSION },
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
}
