/** Builds the model of a checkpoint out of its configuration and its weights, wherever the weights come from. */
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { Architecture, Head } from '../graph/architecture.ts';
import { architectureFor } from '../graph/architectures.ts';
import type { WeightSource } from '../graph/weights.ts';
import type { SourceFolder } from './folder.ts';
import { type HuggingFaceConfig, labelsFor, taskFor } from './hugging-face.ts';
import type { ModelSource, SourceOptions } from './source.ts';
import { readTaskDefaults } from './task-defaults.ts';
import { readTokenizer } from './tokenizer.ts';

/**
 * Builds the graph of a checkpoint. Throws SOURCE_UNSUPPORTED for a family or head that there is no graph for,
 * SOURCE_INVALID for a folder that contradicts itself, WEIGHTS_INVALID for weights that do not fit.
 */
export function buildSource(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  weights: WeightSource,
  options: SourceOptions,
): ModelSource {
  refuseQuantised(config);
  refuseStatic(config);
  const architecture = architectureFor(config.model_type);
  const task = taskFor(folder, config, options.task);
  const head = TASK_FACTS[task].head;
  refuseForeignHead(architecture, config.architectures?.[0], head);
  const labels = labelsFor(head, config);
  const { model, inputs, outputs, ...built } = architecture.build(config, weights, head, labels.length);
  const limits = { positions: built.maxTokens, rows: built.vocabulary };
  return {
    kind: 'huggingface',
    id: folder.name,
    task,
    labels,
    taskDefaults: readTaskDefaults(folder, config, task, labels),
    model,
    inputs,
    outputs,
    tokenizer: readTokenizer(folder, config, limits),
    readme: folder.text('README.md'),
    notes: notesOn(built.unused, !config.id2label, labels),
    files: folder.sums(),
  };
}

/** Models of model2vec are a table of vectors; no task here averages words. */
function refuseStatic({ model_type }: HuggingFaceConfig): void {
  if (model_type !== 'model2vec') return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    'This is a model of model2vec: it has static vectors of tokens and no encoder, which is not supported in any format.',
  );
}

/** Integers with scales of somebody else's scheme beside them are no weights yet. */
function refuseQuantised({ quantization_config }: HuggingFaceConfig): void {
  if (!quantization_config) return;
  const { quant_method } = quantization_config;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The checkpoint is quantised (quantization_config${quant_method ? `, ${quant_method}` : ''}), and packaging quantises by itself: ` +
      'take the model as it was before, in fp32, fp16 or bf16, or save what dequantize() of transformers gives.',
  );
}

/** A class of another family has other tensors: better said by its name than by the first that is missing. */
function refuseForeignHead({ modelType, heads }: Architecture, name: string | undefined, head: Head): void {
  if (name === undefined || head === 'none' || heads[name] === head) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `config.json says ${name}, but models of type '${modelType}' have ${Object.keys(heads).join(', ')}.`,
  );
}

function notesOn(unused: readonly string[], unnamed: boolean, labels: readonly string[]): string[] {
  const notes: string[] = [];
  if (unused.length > 0) {
    const shown = unused.slice(0, 5).join(', ') + (unused.length > 5 ? ', ...' : '');
    notes.push(`${unused.length} tensors of the checkpoint are not part of this model: ${shown}`);
  }
  if (unnamed && labels.length > 0)
    notes.push(`config.json names no labels: they are ${labels[0]} to ${labels.at(-1)}`);
  return notes;
}
