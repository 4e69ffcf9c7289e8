/** Defaults of a task that the caller chooses, in place of those that the files of the model say. */
import { createTagReader } from '@pilotlight/engine/internal/tasks/tags';
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { ModelSource, SourceOptions } from './source.ts';

/** Throws SOURCE_UNSUPPORTED for a choice that the model has no use for. */
export function withDefaults(source: ModelSource, options: SourceOptions): ModelSource {
  const { decoding, pooling, normalize } = options;
  const chosen = {
    ...(decoding && { decoding }),
    ...(pooling && { pooling }),
    ...(normalize !== undefined && { normalize }),
  };
  if (Object.keys(chosen).length === 0) return source;
  if (decoding === 'constrained') refuseUnlessInSpans(source);
  if ((pooling ?? normalize) !== undefined) refuseUnlessEmbeds(source, pooling);
  return { ...source, taskDefaults: { ...source.taskDefaults, ...chosen } };
}

/** Throws SOURCE_UNSUPPORTED for labels that say nothing of where spans begin and go on. */
function refuseUnlessInSpans({ task, labels }: ModelSource): void {
  const inSpans = labels.map(createTagReader(labels)).some(({ continues }) => continues);
  if (task === 'token-classification' && inSpans) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    'Constrained decoding is for taggers whose labels say where spans begin and go on, B-x and I-x. Leave --decoding out.',
  );
}

function refuseUnlessEmbeds({ task, outputs }: ModelSource, pooling: SourceOptions['pooling']): void {
  if (pooling !== undefined && outputs.every(({ role }) => role === 'embeddings')) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The output '${outputs[0]?.name}' is one vector a text, pooled by the graph already. Leave --pooling out.`,
    );
  }
  if (TASK_FACTS[task].head === 'none') return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `--pooling and --normalize are for models that embed texts, and this one does ${task}. Ask for --task feature-extraction, or leave them out.`,
  );
}
