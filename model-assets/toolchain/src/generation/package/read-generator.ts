/** Reads a checkpoint that generates text: its graphs, and all that the manifest has to say of it. */
import type { GenerationManifest } from '@pilotlight/model-format';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import type { WeightSource } from '../../graph/weights.ts';
import { SourceFolder } from '../../sources/folder.ts';
import {
  type GenerationTokenizerSource,
  readGenerationTokenizer,
} from '../../sources/generation-tokenizer.ts';
import { type HuggingFaceConfig, readConfig } from '../../sources/hugging-face.ts';
import { refusePickles } from '../../sources/pickles.ts';
import { hasWeights, WeightFiles } from '../../sources/weight-files.ts';
import { refuseDamaged } from '../../stages/refuse-damaged.ts';
import { type BuiltGenerator, buildGenerator } from '../graph/index.ts';
import { readGenerationConfig } from './generation-config.ts';
import { chooseGenerationTask } from './task.ts';

/** The facts of a checkpoint, without its weights. */
export interface GeneratorFacts
  extends Pick<GenerationManifest, 'task' | 'family' | 'decoder' | 'generation'> {
  /** The name of the source, which is that of its folder. */
  readonly id: string;
  /** sha256 of every file that was read, by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly text: GenerationTokenizerSource;
  /** Content of README.md, the model card. */
  readonly readme: string | undefined;
  readonly notes: readonly string[];
}

export interface GeneratorSource extends GeneratorFacts {
  readonly built: BuiltGenerator;
}

/** The endings of the names of classes that generate text, the same in every family of transformers. */
const GENERATES = /(?:ForConditionalGeneration|ForCausalLM|LMHeadModel|MTModel)$/;

const classesSchema = z.looseObject({ architectures: z.array(z.string()).nullish() });

/** Whether a folder has a model that generates text, of a family that is supported or not. */
export function isGeneratorFolder(path: string): boolean {
  const folder = openFolder(path);
  if (!folder?.has('config.json')) return false;
  const { architectures } = folder.json('config.json', classesSchema) ?? {};
  return architectures?.some((name) => GENERATES.test(name)) ?? false;
}

function openFolder(path: string): SourceFolder | undefined {
  try {
    return new SourceFolder(path);
  } catch (error) {
    if (error instanceof ToolchainError && error.code === 'SOURCE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * @throws ToolchainError SOURCE_UNSUPPORTED for a family or an option that is not served, by its name, before weights are looked for;
 * SOURCE_INVALID, SOURCE_NOT_FOUND, WEIGHTS_INVALID
 */
export function readGenerator(
  path: string,
  { task: asked }: { readonly task?: string | undefined },
): GeneratorSource {
  const folder = new SourceFolder(path);
  const config = readConfig(folder);
  refuseExport(folder);
  const weights = openLater(folder);
  try {
    return describeGenerator(folder, config, weights, asked);
  } finally {
    weights.close();
  }
}

function refuseExport(folder: SourceFolder): void {
  if (hasWeights(folder)) return;
  refusePickles(folder);
  if (![...folder.list(), ...folder.list('onnx')].some((file) => file.endsWith('.onnx'))) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `'${folder.name}' has an .onnx export of a model that generates text, which is packaged from its checkpoint: take the folder with model.safetensors. The export itself runs with --runtime transformers.js.`,
  );
}

/** The weights, opened when the first of them is asked for: a family that is not supported is refused before anybody misses them. */
function openLater(folder: SourceFolder): WeightSource & { close(): void } {
  let opened: WeightFiles | undefined;
  const open = (): WeightFiles => {
    opened ??= new WeightFiles(folder);
    return opened;
  };
  return {
    names: () => open().names(),
    shape: (name) => open().shape(name),
    read: (name) => open().read(name),
    close: () => opened?.close(),
  };
}

function describeGenerator(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  weights: WeightSource,
  asked: string | undefined,
): GeneratorSource {
  const built = buildGenerator(config, weights);
  const { family, decoder, encoder, step } = built;
  const hasEncoder = encoder !== undefined;
  const readme = folder.text('README.md');
  const { task, specific } = chooseGenerationTask({ family, hasEncoder, readme }, asked);
  const generation = readGenerationConfig(folder, config, { specific, hasEncoder });
  const text = readGenerationTokenizer(folder, config, specific);
  for (const part of [encoder, step]) if (part) refuseDamaged(part.model);
  const notes = [...built.notes, ...noteUnused(built.unused), ...generation.notes, ...text.notes];
  return {
    ...{ built, family, decoder, task, text, readme, notes },
    generation: generation.facts,
    id: folder.name,
    files: folder.sums(),
  };
}

const SHOWN = 5;

function noteUnused(unused: readonly string[]): readonly string[] {
  if (unused.length === 0) return [];
  const shown = unused.slice(0, SHOWN).join(', ') + (unused.length > SHOWN ? ', ...' : '');
  return [`${unused.length} tensors of the checkpoint are not part of this model: ${shown}`];
}
