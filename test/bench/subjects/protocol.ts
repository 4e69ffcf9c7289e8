/** The messages between the benchmark and a measured process: one JSON value a line. */

/** The model that a subject loads; it is the only argument of its process, as JSON. */
export interface SubjectConfig {
  /** Folder that the subject's models are in. */
  readonly models: string;
  readonly model: string;
  readonly scheme: 'fp32' | 'int8';
  readonly threads: number;
  /** The facts of each file that Pilotlight compares with the manifest. @default - the engine's own */
  readonly verify?: 'size';
  /** The text of the first prediction. */
  readonly text: string;
  /** The task, where texts are not classified. */
  readonly task?: BenchTask;
}

/** `zero-shot` reads a text; `embeddings` too; `questions` reads a context. */
export type BenchTask = 'zero-shot' | 'embeddings' | 'questions';

/** The parameters of the tasks besides the text, the same for both sides. */
export const CANDIDATE_LABELS: readonly string[] = [
  ...['music', 'travel', 'money', 'weather', 'food'],
  ...['health', 'work', 'school', 'language', 'science'],
];
export const QUESTION = 'where is the order';

/** A classification: the best label. Of other tasks see the subjects: of a question, the tokens that were cut off. */
export interface Answer {
  readonly label: string;
  readonly score: number;
}

/** Milliseconds since the process began (its `performance.timeOrigin`) at which a phase was over, in order. */
export type Phases = Readonly<Record<string, number>>;

/** The first line of a subject, written as soon as the first prediction is there. */
export interface Ready {
  readonly answer: Answer;
  readonly phases: Phases;
  /** Milliseconds of the steps of loading, where the subject tells them; they may overlap. */
  readonly steps?: Readonly<Record<string, number>>;
}

export type Command =
  /** Predicts each text on its own, after one that is not counted. */
  | { readonly do: 'calls'; readonly texts: readonly string[] }
  /** Predicts each batch with one call. */
  | { readonly do: 'batches'; readonly batches: readonly (readonly string[])[] }
  | { readonly do: 'memory' };

export interface CallsReply {
  /** Milliseconds of each call. */
  readonly milliseconds: readonly number[];
}

export interface BatchesReply {
  /** Milliseconds of all batches together. */
  readonly milliseconds: number;
  readonly answers: readonly Answer[];
}

/** Bytes. `anonymous` and `file` are the parts of `resident` that Linux tells apart; V8's heap is in the former. */
export interface MemoryReply {
  readonly resident: number;
  readonly peak: number;
  readonly heap: number;
  readonly anonymous?: number;
  readonly file?: number;
}
