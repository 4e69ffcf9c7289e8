/** The model folders of peers outside Node: the checkpoint as a plain .onnx export in fp32, and in int8 as onnxruntime's own tool makes it. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { WeightFiles } from '../../../model-assets/toolchain/src/sources/weight-files.ts';
import { exportPlain } from '../peer/export-plain.ts';
import { plainEncoder } from '../peer/families.ts';
import { digest } from '../prepare.ts';
import { PYTHON_FOLDER, type PythonPackages } from './python.ts';

export interface OnnxFolders {
  readonly fp32: string;
  /** Absent where no Python can make it. */
  readonly int8?: string;
}

const GRAPH = 'model.onnx';

/** Makes them in `folder`, unless they are there, made of this very checkpoint. @throws BenchError BAD_CHECKPOINT */
export async function writeOnnxFolders(
  checkpoint: string,
  folder: string,
  python: PythonPackages,
): Promise<OnnxFolders> {
  const stamp = join(folder, 'made-of');
  const made = digest([join(checkpoint, 'model.safetensors'), 'test/bench/{peer,peers}/**/*.{ts,py}']);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
    rmSync(folder, { recursive: true, force: true });
    copyAround(checkpoint, join(folder, 'fp32'));
    writeFileSync(join(folder, 'fp32', GRAPH), exportGraph(checkpoint));
    writeFileSync(stamp, made);
  }
  const fp32 = join(folder, 'fp32');
  const int8 = join(folder, 'int8');
  if (existsSync(join(int8, GRAPH))) return { fp32, int8 };
  if (!python.has('onnxruntime', 'onnx')) return { fp32 };
  copyAround(checkpoint, int8);
  await promisify(execFile)(python.command, [join(PYTHON_FOLDER, 'quantize.py'), fp32, int8]);
  return { fp32, int8 };
}

/** Everything but weights: tokenizer, config.json and the modules of sentence-transformers. */
function copyAround(checkpoint: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(checkpoint, folder, {
    recursive: true,
    filter: (path) => !/\.(safetensors|bin|onnx|h5|msgpack)$/.test(path),
  });
}

function exportGraph(checkpoint: string): Uint8Array {
  const source = new WeightFiles(new SourceFolder(checkpoint));
  try {
    const config: unknown = JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8'));
    return encodeModel(exportPlain(plainEncoder(config), source));
  } finally {
    source.close();
  }
}
