/** Proves that a divided tokenizer is the same as its tokenizer.json. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextProcessing } from '@pilotlight/model-format';
import type { ModelPackage } from '../ports.ts';
import { openNativeTokenizer } from './native-tokenizer.ts';

/**
 * Whether `textProcessing.split` opens as the tokenizer that its `file` is, by all that the library writes of both: vocabulary,
 * merges, options, added tokens; true where nothing is divided. The toolchain calls it when it packages and verifies; no load does.
 *
 * @throws EngineError PACKAGE_CORRUPT where a file does not parse.
 */
export async function splitIsWhole(
  files: Pick<ModelPackage, 'path'>,
  textProcessing: TextProcessing,
): Promise<boolean> {
  if (!textProcessing.split) return true;
  const folder = await mkdtemp(join(tmpdir(), 'pilotlight-tokenizer-'));
  const written = async (name: string, opened: TextProcessing): Promise<string> => {
    const path = join(folder, name);
    (await openNativeTokenizer(files, opened)).native.save(path);
    return readFile(path, 'utf8');
  };
  try {
    const whole = await written('whole.json', { ...textProcessing, split: undefined });
    return whole === (await written('split.json', textProcessing));
  } finally {
    await rm(folder, { recursive: true });
  }
}
