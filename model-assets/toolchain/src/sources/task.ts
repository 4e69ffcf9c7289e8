/** Chooses the task of a model: the one that the caller asks for, checked against the files of the model, else the one that they name. */
import { TASK_FACTS, type TaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';

/** Endings of the class names of transformers, the same in every family. */
const TASK_OF_ENDING: readonly (readonly [ending: RegExp, task: TaskName])[] = [
  [/ForSequenceClassification$/, 'text-classification'],
  [/ForTokenClassification$/, 'token-classification'],
  [/ForQuestionAnswering$/, 'question-answering'],
  [/For(MaskedLM|PreTraining)$/, 'fill-mask'],
  [/Model$/, 'feature-extraction'],
];

/** The facts that the files of a checkpoint give. */
export interface CheckpointFacts {
  /** `architectures` of config.json. */
  readonly architectures: readonly string[];
  /** The label of each logit; read for classifiers only. */
  labels(): readonly string[];
  /** True where sentence-transformers saved the model as a CrossEncoder. */
  readonly crossEncoder: boolean;
}

/**
 * The task to package for. Any checkpoint has a base model, so `feature-extraction` and `sentence-similarity` can
 * always be asked for; a classifier of texts can be asked to rank them if it has one label or two, and to classify without
 * examples if a label says "entailment". A CrossEncoder with one label ranks unless it is asked for something else.
 * Throws SOURCE_INVALID when a head is asked for that the checkpoint does not have, and when nothing says which.
 */
export function chooseTask(facts: CheckpointFacts, asked: TaskName | undefined): TaskName {
  const [architecture] = facts.architectures;
  if (asked !== undefined && TASK_FACTS[asked].head === 'none') return asked;
  const found = TASK_OF_ENDING.find(
    ([ending]) => architecture !== undefined && ending.test(architecture),
  )?.[1];
  if (architecture !== undefined && found === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The head of ${architecture} is not supported; its hidden states can be served with --task feature-extraction.`,
    );
  }
  if (asked === undefined) {
    if (found !== undefined) {
      const ranks = found === 'text-classification' && facts.crossEncoder && facts.labels().length === 1;
      return ranks ? 'text-ranking' : found;
    }
    throw new ToolchainError(
      'SOURCE_INVALID',
      'config.json names no architecture: say which --task the model is for.',
    );
  }
  if (found !== undefined && TASK_FACTS[found].head !== TASK_FACTS[asked].head) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `config.json says ${architecture}, which does ${found}, not --task ${asked}.`,
    );
  }
  if (TASK_FACTS[asked].head === 'sequence-classification') refuseOtherLabels(asked, facts.labels());
  return asked;
}

function refuseOtherLabels(task: TaskName, labels: readonly string[]): void {
  if (task === 'text-ranking' && labels.length > 2) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `Texts are ranked by one logit, or by the second of two, but config.json has ${labels.length} labels: this is no cross-encoder.`,
    );
  }
  if (task === 'zero-shot-classification' && !labels.some((label) => /^entail/i.test(label))) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `Zero-shot classification needs a label that begins with "entail"; config.json has ${labels.join(', ')}. ` +
        'If one of them means it, name it so in id2label.',
    );
  }
}
