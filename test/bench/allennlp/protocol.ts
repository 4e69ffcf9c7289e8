/** The messages between the benchmark and a process that serves an archive: one JSON value a line. */

export type Input = Readonly<Record<string, unknown>>;

/** The only argument of such a process, as JSON. */
export interface ArchiveProcessConfig {
  /** Of AllenNLP, the archive; of Pilotlight, the folder of packages. */
  readonly models: string;
  /** The name of the package. */
  readonly model: string;
  /** AllenNLP's name of the predictor. */
  readonly predictor: string;
  /** The module that registers the model with AllenNLP; of its own ones, none. @default - none */
  readonly registers?: string;
  readonly threads: number;
  /** The input of the first prediction. */
  readonly input: Input;
}

/** The first line, written as soon as the first prediction is there. */
export interface ArchiveReady {
  /** CPU of the process since it began, of all of its threads. */
  readonly cpuMilliseconds: number;
}

export type ArchiveCommand =
  | { readonly do: 'answers'; readonly inputs: readonly Input[] }
  /** Predicts all inputs `times` times, `size` of them with one call; with 1, each as a call that knows of no other. */
  | {
      readonly do: 'predict';
      readonly inputs: readonly Input[];
      readonly size: number;
      readonly times: number;
    };

export interface AnswersReply {
  readonly answers: readonly unknown[];
}

export interface PredictReply {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
}
