/** Writes a checkpoint for llama.cpp, in float32 and in Q8_0, once. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceFolder } from '../../../../model-assets/toolchain/src/sources/folder.ts';
import { WeightFiles } from '../../../../model-assets/toolchain/src/sources/weight-files.ts';
import { digest } from '../../prepare.ts';
import { CHECKPOINT, type PreparedGenerator } from '../prepare.ts';
import { writeGguf } from './gguf-file.ts';
import { describeGguf } from './models.ts';

/** The folder of these files, beside the checkpoint that they are of. */
export const GGUFS = 'gguf';
const MATRICES = { fp32: 'F32', int8: 'Q8_0' } as const;

export function writeGgufs(shape: PreparedGenerator): void {
  const { folder } = shape;
  const to = join(folder, GGUFS);
  const stamp = join(to, 'made-by');
  const sources = digest(['test/bench/generate/gguf/*.ts']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  mkdirSync(to, { recursive: true });
  const source = new WeightFiles(new SourceFolder(join(folder, CHECKPOINT)));
  try {
    for (const [precision, matrices] of Object.entries(MATRICES)) {
      const model = describeGguf(shape, source, matrices);
      if (model) writeGguf(join(to, `${precision}.gguf`), model.metadata, model.tensors);
    }
  } finally {
    source.close();
  }
  writeFileSync(stamp, sources);
}
