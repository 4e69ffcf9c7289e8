/** The meaning of the options of `pilotlight predict` for each task: its parameters, and the parts of an input. */
import type { ArchiveTaskName, TaskName } from '@pilotlight/engine';
import { usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';

/** Tasks of checkpoints and of archives. */
export type PredictTask = TaskName | ArchiveTaskName;

export interface TaskOptions {
  readonly 'top-k'?: string | undefined;
  readonly pair?: string | undefined;
  readonly context?: string | undefined;
  readonly labels?: string | undefined;
  readonly query?: string | undefined;
  readonly source?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

const TASKS_OF: Readonly<Record<Exclude<keyof TaskOptions, 'set'>, readonly PredictTask[]>> = {
  'top-k': ['text-classification', 'fill-mask', 'question-answering', 'text-ranking'],
  pair: ['text-classification'],
  context: ['question-answering'],
  labels: ['zero-shot-classification'],
  query: ['text-ranking'],
  source: ['sentence-similarity'],
};

/** The options that mean nothing without a task. */
export const TASK_OPTIONS = ['top-k', 'pair', 'context', 'labels', 'query', 'source', 'set'] as const;

/** @throws CliError USAGE, for an option of another task */
export function taskParameters(task: PredictTask, options: TaskOptions): Record<string, unknown> {
  for (const [option, tasks] of Object.entries(TASKS_OF)) {
    if (!Object.hasOwn(options, option) || tasks.includes(task)) continue;
    throw usageError(`--${option} is for ${tasks.join(', ')}; the task here is ${task}.`);
  }
  if (task === 'zero-shot-classification' && options.labels === undefined) {
    throw usageError('Say what to choose from: --labels "urgent, not urgent".');
  }
  return {
    ...topK(task, options['top-k']),
    ...(options.labels !== undefined && { candidate_labels: options.labels }),
    ...readParameters(options),
  };
}

/** The parameters that `--set` names. @throws CliError USAGE */
export function readParameters({ set = [] }: Pick<TaskOptions, 'set'>): Record<string, unknown> {
  return Object.fromEntries(set.map(parameter));
}

function topK(task: PredictTask, option: string | undefined): { readonly top_k?: number | null } {
  if (option === 'all' && task === 'text-classification') return { top_k: null };
  if (option === undefined) return task === 'text-classification' ? { top_k: 1 } : {};
  return { top_k: wholeNumber(option, '--top-k', 1, 1_000_000) };
}

/** `multi_label=true`: a value is JSON, or else a text. */
function parameter(option: string): [name: string, value: unknown] {
  const [, name, text] = /^(\w+)=(.*)$/s.exec(option) ?? [];
  if (name === undefined || text === undefined) throw usageError(`--set takes NAME=VALUE, not ${option}.`);
  try {
    return [name, JSON.parse(text)];
  } catch {
    return [name, text];
  }
}

/**
 * The inputs that a task reads, made of texts and of what the options say of them. With neither, a line of what is read
 * must be an input in JSON.
 */
export interface InputShape {
  /** One input of one text; nothing where all texts together are one. */
  readonly each?: (text: string) => unknown;
  /** One input of all texts. */
  readonly all?: (texts: readonly string[]) => unknown;
}

export function inputShape(task: PredictTask, { pair, context, query, source }: TaskOptions): InputShape {
  switch (task) {
    case 'question-answering':
      return context === undefined ? {} : { each: (question) => ({ question, context }) };
    case 'text-ranking':
      return query === undefined ? {} : { all: (texts) => ({ query, texts }) };
    case 'sentence-similarity':
      return source === undefined ? {} : { all: (sentences) => ({ source_sentence: source, sentences }) };
    default:
      return { each: (text) => (pair === undefined ? text : { text, text_pair: pair }) };
  }
}

/** Says which option is missing where texts alone make no input. */
export const MISSING: Partial<Record<PredictTask, string>> = {
  'question-answering':
    'The texts are questions; give the text that answers them with --context, or {"question", "context"} a line of a .jsonl file or of standard input.',
  'text-ranking':
    'The texts are to be ranked; say for what with --query, or give {"query", "texts"} a line of a .jsonl file or of standard input.',
  'sentence-similarity':
    'The texts are to be compared; say with what by --source, or give {"source_sentence", "sentences"} a line of a .jsonl file or of standard input.',
};
