/**
 * The interface of a model out of an AllenNLP archive: one file in models/ for each registrable name, and one row in its registry.
 * It reads the JSON that AllenNLP's predictor reads, and answers the JSON that the predictor answers.
 */
import type { Feeds, Outputs } from '../../ports.ts';
import type { Instance } from './instance.ts';
import type { TextArchive } from './text/text-archive.ts';

/**
 * The graphs of a model by their names: `model`, or `encoder` and `step`. A run takes a batch, and gives float32 tensors. It takes the
 * memory of its feeds away, unless it is shared: nobody reads them any more.
 */
export interface Graphs {
  /** @throws EngineError SESSION_FAILED */
  run(graph: string, feeds: Feeds): Promise<Outputs>;
}

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** A task of Hugging Face that the model can do too: the way from its inputs, and the way to its results. */
export interface TaskShape {
  readonly name:
    | 'text-classification'
    | 'token-classification'
    | 'question-answering'
    | 'text2text-generation'
    | 'fill-mask';
  /** The JSON of the predictor for one input of the task. @throws EngineError INVALID_INPUT with `field` */
  toPredictor(input: unknown, field: string): JsonObject;
  /** The result of the task. @throws EngineError INVALID_PARAMETER with `field` */
  fromAnswer(answer: JsonObject, input: unknown, parameters: Readonly<Record<string, unknown>>): unknown;
}

export interface ArchiveModel<Metadata = unknown, Output = unknown> {
  /**
   * Makes the instances of one input: usually one, several where AllenNLP makes several (a verb, a window), none where the model is
   * not run. `field` is how errors name the input.
   *
   * @throws EngineError INVALID_INPUT with `field`, also for what raises in AllenNLP: an empty sentence
   */
  read(input: unknown, field: string): Promise<readonly Instance<Metadata>[]>;
  /** Runs instances as one batch, decoding included, and gives one output for each. @throws EngineError SESSION_FAILED */
  infer(batch: readonly Instance<Metadata>[], graphs: Graphs): Promise<readonly Output[]>;
  /** Makes the JSON that AllenNLP's predictor answers. */
  answer(input: unknown, instances: readonly Instance<Metadata>[], outputs: readonly Output[]): JsonObject;
  /** Values of the largest tensor that the graphs make of an instance. @default - those of its own tensors */
  readonly cellsOf?: (instance: Pick<Instance, 'tensors'>) => number;
  /** Numbers of the answer to an instance, where these are many more than its tokens. @default - they are not */
  readonly numbersOf?: (instance: Pick<Instance, 'tensors'>) => number;
  /** Whether each instance runs alone: where AllenNLP's own answer depends on the padding of its batch. @default false */
  readonly runsAlone?: boolean;
  /** @default - no task of Hugging Face fits */
  readonly tasks?: readonly TaskShape[];
}

/**
 * Makes a model that reads and answers otherwise out of the one of the archive: with a `read` that takes JSON of the team's own, and an
 * `answer` that gives it. Both may call those of `model`, and `archive` has what text becomes tensors by.
 */
export type AroundArchive = (model: ArchiveModel, archive: TextArchive) => ArchiveModel;

/** A kind of model by its registrable name. */
export interface ArchiveModelDefinition {
  /** `crf_tagger` */
  readonly type: string;
  /** Takes its settings out of the configuration. @throws EngineError PACKAGE_INVALID where they are not those of the model */
  open(archive: TextArchive): ArchiveModel;
}

/** Forgets the types between the three steps of a model, which hand on nothing but to one another. */
export function eraseModel<Metadata, Output>(model: ArchiveModel<Metadata, Output>): ArchiveModel {
  return {
    ...model,
    read: (input, field) => model.read(input, field),
    infer: (batch, graphs) => model.infer(batch as readonly Instance<Metadata>[], graphs),
    answer: (input, instances, outputs) =>
      model.answer(input, instances as readonly Instance<Metadata>[], outputs as readonly Output[]),
  };
}
