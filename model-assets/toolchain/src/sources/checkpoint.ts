/** A Hugging Face checkpoint: config.json, model.safetensors, tokenizer.json. */
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { Architecture, Head } from '../graph/architecture.ts';
import { architectureFor, isSupported } from '../graph/architectures.ts';
import type { SourceFolder } from './folder.ts';
import { labelsFor, readConfig, taskFor } from './hugging-face.ts';
import { hasSafetensors, Safetensors } from './safetensors.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { readTaskDefaults } from './task-defaults.ts';
import { readTokenizer } from './tokenizer.ts';

export const checkpointReader: SourceReader = {
  claim(folder) {
    if (!hasSafetensors(folder.path)) return undefined;
    return isSupported(readConfig(folder).model_type) ? 'readable' : 'unsupported';
  },
  read: readCheckpoint,
};

/**
 * Builds the graph of a checkpoint. Throws SOURCE_UNSUPPORTED for a family or head that there is no graph for,
 * SOURCE_INVALID for a folder that contradicts itself, WEIGHTS_INVALID for weights that do not fit.
 */
async function readCheckpoint(folder: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  const config = readConfig(folder);
  const architecture = architectureFor(config.model_type);
  const task = taskFor(folder, config, options.task);
  const head = TASK_FACTS[task].head;
  refuseForeignHead(architecture, config.architectures?.[0], head);
  const labels = labelsFor(head, config);
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
      taskDefaults: readTaskDefaults(folder, config, task, labels),
      model,
      inputs,
      outputs,
      tokenizer: readTokenizer(folder, config, limits),
      readme: folder.text('README.md'),
      notes: notesOn(built.unused, !config.id2label, labels),
      files: folder.sums(),
    };
  } finally {
    weights.close();
  }
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
