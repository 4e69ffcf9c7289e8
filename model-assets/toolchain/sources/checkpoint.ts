/** A Hugging Face checkpoint: config.json, model.safetensors, tokenizer.json. */
import { architectureFor } from '../graph/architectures.ts';
import type { SourceFolder } from './folder.ts';
import { type HuggingFaceConfig, labelsOf } from './hugging-face.ts';
import { Safetensors } from './safetensors.ts';
import type { ModelSource, SourceOptions } from './source.ts';
import { HEAD_OF_TASK, taskOf } from './task.ts';
import { taskDefaultsOf } from './task-defaults.ts';
import { readTokenizer } from './tokenizer.ts';

/**
 * Builds the graph of a checkpoint. Throws SOURCE_UNSUPPORTED for a family or head that there is no graph for,
 * SOURCE_INVALID for a folder that contradicts itself, WEIGHTS_INVALID for weights that do not fit.
 */
export async function readCheckpoint(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  options: SourceOptions,
): Promise<ModelSource> {
  const architecture = architectureFor(config.model_type);
  const task = taskOf(config.architectures ?? [], options.task);
  const head = HEAD_OF_TASK[task];
  const labels = head === 'none' ? [] : labelsOf(config);
  const weights = new Safetensors(folder.path);
  try {
    for (const file of weights.files) folder.use(file);
    const { model, inputs, outputs, ...built } = architecture.build(config, weights, head, labels.length);
    const limits = { positions: built.maxTokens, rows: built.vocabulary };
    return {
      kind: 'huggingface',
      id: folder.name,
      task,
      labels,
      taskDefaults: taskDefaultsOf(folder, config, task),
      model,
      inputs,
      outputs,
      tokenizer: readTokenizer(folder, config, limits),
      readme: folder.text('README.md'),
      notes: notesOn(built.unused, head !== 'none' && !config.id2label, labels),
      files: await folder.sums(),
    };
  } finally {
    weights.close();
  }
}

function notesOn(unused: readonly string[], unnamed: boolean, labels: readonly string[]): string[] {
  const notes: string[] = [];
  if (unused.length > 0) {
    const shown = unused.slice(0, 5).join(', ') + (unused.length > 5 ? ', ...' : '');
    notes.push(`${unused.length} tensors of the checkpoint are not part of this model: ${shown}`);
  }
  if (unnamed) notes.push(`config.json names no labels: they are ${labels[0]} to ${labels.at(-1)}`);
  return notes;
}
