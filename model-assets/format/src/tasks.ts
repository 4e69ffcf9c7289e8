/**
 * The tasks, and one record of facts for each: the toolchain, the batch function, the HTTP app, the CLI and the documents
 * read them from here. To add a task, add its name and its facts, and its computation in the engine's `tasks/`.
 */

/** The tasks, by the names of Hugging Face's pipelines. */
export const TASKS = [
  'text-classification',
  'token-classification',
  'question-answering',
  'fill-mask',
  'zero-shot-classification',
  'feature-extraction',
  'sentence-similarity',
  'text-ranking',
] as const;
export type TaskName = (typeof TASKS)[number];

/** The part of a checkpoint that is for the task, by the names of transformers; `none` reads the hidden states. */
export type TaskHead =
  | 'sequence-classification'
  | 'token-classification'
  | 'question-answering'
  | 'masked-lm'
  | 'none';

/** One output of the graph that the task reads. */
export interface TaskOutput {
  readonly role: 'logits' | 'start_logits' | 'end_logits' | 'hidden_states';
  readonly axes: readonly ('batch' | 'tokens' | 'labels' | 'hidden' | 'vocabulary')[];
  /** Names that exporters give it, the most usual first. */
  readonly names: readonly string[];
}

export interface TaskFacts {
  readonly head: TaskHead;
  /** Whether each logit has a label. */
  readonly labelled: boolean;
  readonly outputs: readonly TaskOutput[];
  /** The kind of input. */
  readonly reads: 'text' | 'masked text' | 'question' | 'hypothesis' | 'sentences' | 'query';
  /** A field of an input that only this task has: a body that has it means the task. */
  readonly inputField?: string;
  /** Fields of a row of a file that are one input together. */
  readonly jointFields?: readonly string[];
  /** A parameter that only this task has: a body that has it means the task. */
  readonly parameter?: string;
  /** Other names that Hugging Face's pipelines go by. */
  readonly aliases: readonly string[];
  /**
   * How results stand in Hugging Face's answer: always as a list, as a list unless the only input gave one vector, or as
   * the only result itself where the call had one input.
   */
  readonly wire: 'list' | 'vector' | 'each';
  /** Parameters where the wire format differs from the engine: Python clients count characters in code points. */
  readonly wireDefaults: Readonly<Record<string, unknown>>;
  /** Rows that the batch function holds at once: 2,000 fill batches of rows of like length, larger results take more memory. */
  readonly windowRows: number;
  /** A body that a model of the task answers. It has no apostrophe, so that it can stand in a shell's single quotes. */
  readonly example: (maskToken?: string) => { readonly inputs: unknown; readonly parameters?: object };
}

const LOGITS = ['logits', 'output', 'output_0'] as const;
const CLASSES: TaskOutput = { role: 'logits', axes: ['batch', 'labels'], names: LOGITS };
const STATES: TaskOutput = {
  role: 'hidden_states',
  axes: ['batch', 'tokens', 'hidden'],
  names: ['last_hidden_state', 'token_embeddings', 'output', 'output_0'],
};
const CODE_POINTS = { offset_unit: 'codepoint' } as const;

export const TASK_FACTS: Readonly<Record<TaskName, TaskFacts>> = {
  'text-classification': {
    head: 'sequence-classification',
    labelled: true,
    outputs: [CLASSES],
    reads: 'text',
    jointFields: ['text', 'text_pair'],
    aliases: ['sentiment-analysis'],
    wire: 'list',
    wireDefaults: {},
    windowRows: 2000,
    example: () => ({ inputs: 'I love this' }),
  },
  'token-classification': {
    head: 'token-classification',
    labelled: true,
    outputs: [{ role: 'logits', axes: ['batch', 'tokens', 'labels'], names: LOGITS }],
    reads: 'text',
    aliases: ['ner'],
    wire: 'each',
    wireDefaults: CODE_POINTS,
    windowRows: 2000,
    example: () => ({ inputs: 'Ada Lovelace was born in London' }),
  },
  'question-answering': {
    head: 'question-answering',
    labelled: false,
    outputs: [
      { role: 'start_logits', axes: ['batch', 'tokens'], names: ['start_logits', 'output_0'] },
      { role: 'end_logits', axes: ['batch', 'tokens'], names: ['end_logits', 'output_1'] },
    ],
    reads: 'question',
    inputField: 'question',
    jointFields: ['question', 'context'],
    aliases: [],
    wire: 'each',
    wireDefaults: CODE_POINTS,
    windowRows: 500,
    example: () => ({
      inputs: { question: 'Who was born in London?', context: 'Ada Lovelace was born in London.' },
    }),
  },
  'fill-mask': {
    head: 'masked-lm',
    labelled: false,
    outputs: [{ role: 'logits', axes: ['batch', 'tokens', 'vocabulary'], names: LOGITS }],
    reads: 'masked text',
    aliases: [],
    wire: 'each',
    wireDefaults: {},
    windowRows: 100,
    example: (maskToken = '[MASK]') => ({ inputs: `Paris is the ${maskToken} of France.` }),
  },
  'zero-shot-classification': {
    head: 'sequence-classification',
    labelled: true,
    outputs: [CLASSES],
    reads: 'hypothesis',
    parameter: 'candidate_labels',
    aliases: [],
    wire: 'each',
    wireDefaults: {},
    windowRows: 200,
    example: () => ({
      inputs: 'My parcel is late',
      parameters: { candidate_labels: ['delivery', 'payment'] },
    }),
  },
  'feature-extraction': {
    head: 'none',
    labelled: false,
    outputs: [STATES],
    reads: 'text',
    aliases: ['embeddings'],
    wire: 'vector',
    wireDefaults: {},
    windowRows: 100,
    example: () => ({ inputs: 'I love this' }),
  },
  'sentence-similarity': {
    head: 'none',
    labelled: false,
    outputs: [STATES],
    reads: 'sentences',
    inputField: 'source_sentence',
    jointFields: ['source_sentence', 'sentences'],
    aliases: [],
    wire: 'each',
    wireDefaults: {},
    windowRows: 200,
    example: () => ({
      inputs: { source_sentence: 'I love this', sentences: ['I like it', 'Where is it?'] },
    }),
  },
  'text-ranking': {
    head: 'sequence-classification',
    labelled: false,
    outputs: [CLASSES],
    reads: 'query',
    inputField: 'query',
    jointFields: ['query', 'texts'],
    aliases: ['rerank'],
    wire: 'each',
    wireDefaults: {},
    windowRows: 200,
    example: () => ({
      inputs: { query: 'late parcel', texts: ['Delivery takes two days', 'We take cards'] },
    }),
  },
};

/** The parameters of a task as a wire format has them: its defaults, under whatever was given. */
export function wireParameters(
  given: Readonly<Record<string, unknown>> | null | undefined,
  task: TaskName | undefined,
): Record<string, unknown> {
  return { ...(task && TASK_FACTS[task].wireDefaults), ...given };
}
