/** The ways to store and compute a trained checkpoint that are judged: those of `models add`, and what the field ships. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BenchError } from '../errors.ts';
import { addPackage, describeInt8 } from '../package-model.ts';
import { WORK } from '../paths.ts';
import type { OnnxFolders } from '../peers/onnx-folders.ts';
import { digest, SOURCES } from '../prepare.ts';
import { type Embedder, fileEmbedder, packageEmbedder } from './embedder.ts';

export interface Way {
  readonly name: string;
  /** The way whose time is 1: fp32 in the same runtime. */
  readonly timedBeside: string;
  open(threads: number): Promise<Embedder>;
}

export interface Ways {
  readonly ways: readonly Way[];
  /** What cannot be judged, and why. */
  readonly notes: readonly string[];
}

export const FP32 = 'Pilotlight fp32';
const EXPORT_FP32 = 'plain export in fp32';

/** Arguments of `models add` beside the checkpoint; the first are the default. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  'models add': [],
  'models add --quality best': ['--quality', 'best'],
  ...Object.fromEntries(
    ['int8-static', 'int8-static-rows', 'int8-rows', 'int8-blocks-128', 'int8-blocks-32', 'int8-weights'].map(
      (scheme) => [`models add --scheme ${scheme}`, ['--scheme', scheme]],
    ),
  ),
};
/** Batches of another size change no answer: nothing is tuned. */
const TOKEN_BUDGET = 1024;

export interface WaysOptions {
  readonly checkpoint: string;
  readonly model: string;
  readonly onnx: OnnxFolders;
  readonly published: readonly string[];
  readonly say: (line: string) => void;
}

/** Packages the checkpoint in every way that the toolchain knows, once. */
export async function listWays({ checkpoint, model, onnx, published, say }: WaysOptions): Promise<Ways> {
  const work = join(WORK, 'quality', model);
  forgetOthers(work, checkpoint);
  const notes: string[] = [];
  const ways: Way[] = [];
  const add = async (
    name: string,
    folder: string,
    variant: string,
    more: readonly string[],
  ): Promise<void> => {
    const packages = join(work, folder);
    const reason = await packageOnce(checkpoint, packages, model, variant, more, say);
    if (reason !== undefined) {
      notes.push(`Not judged: ${name} (${reason}).`);
      return;
    }
    if (variant !== 'fp32') notes.push(...describeInt8(name, packages, model));
    ways.push({
      name,
      timedBeside: FP32,
      open: (threads) => packageEmbedder(packages, model, variant, threads),
    });
  };
  await add(FP32, 'fp32', 'fp32', []);
  for (const [name, more] of Object.entries(ADDED))
    await add(name, name.replaceAll(/\W+/g, '-'), 'int8', more);

  const file = (name: string, path: string): Way => ({
    name,
    timedBeside: EXPORT_FP32,
    open: (threads) => fileEmbedder(path, join(checkpoint, 'tokenizer.json'), threads),
  });
  ways.push(file(EXPORT_FP32, join(onnx.fp32, 'model.onnx')));
  if (onnx.int8 === undefined)
    notes.push('Not judged: quantize_dynamic of onnxruntime (no Python with it, see --python).');
  else ways.push(file('onnxruntime quantize_dynamic, per channel', join(onnx.int8, 'model.onnx')));
  for (const path of published) ways.push(file(`published: ${basename(dirname(path))}`, path));
  return { ways, notes };
}

/** Drops what was made by another toolchain or of another checkpoint. */
function forgetOthers(work: string, checkpoint: string): void {
  const stamp = join(work, 'made-by');
  const sources = `${digest(SOURCES)} ${digest([join(checkpoint, 'model.safetensors')])}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(stamp, sources);
}

/** Returns why the toolchain refuses, in a line. */
async function packageOnce(
  checkpoint: string,
  packages: string,
  model: string,
  variant: string,
  more: readonly string[],
  say: (line: string) => void,
): Promise<string | undefined> {
  const outcome = join(packages, 'outcome');
  if (existsSync(outcome)) return readFileSync(outcome, 'utf8') || undefined;
  say(`packaging ${model}: ${variant} ${more.join(' ')}`);
  let reason = '';
  try {
    const options = {
      task: 'feature-extraction',
      variants: [variant],
      tokenBudget: TOKEN_BUDGET,
      more,
    } as const;
    await addPackage(checkpoint, packages, model, options);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    reason = error.message.split('\n').find((line) => /error/.test(line)) ?? error.message;
  }
  mkdirSync(packages, { recursive: true });
  writeFileSync(outcome, reason);
  return reason || undefined;
}
