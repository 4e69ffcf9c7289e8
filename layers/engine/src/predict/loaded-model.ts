/** A model in memory, whatever runs it, and the options and results of a prediction. */
import type { ArchiveTaskName, PackageFile, PackageManifest, TaskName } from '@pilotlight/model-format';
import type { Reference } from '@pilotlight/model-format/drift';
import type { EngineError } from '@pilotlight/model-format/errors';
import type { TokenLimits } from '../batching/token-limits.ts';
import type { LoadTimings } from '../ports.ts';
import type { GenerationEvent } from './generation.ts';
import type { GoldenCheck } from './goldens/check.ts';
import type { Prediction } from './prediction.ts';

export type { Prediction, StageTimings } from './prediction.ts';

/** The names by which a call asks for a task. */
export type AskedTask = TaskName | ArchiveTaskName | 'predictor';

export interface PredictOptions {
  /**
   * Another task that the model can do too; `predictor` is the JSON of AllenNLP's predictor, which models of archives read.
   *
   * @default - that of its manifest; of an archive the one that each input is of
   */
  readonly task?: AskedTask;
  /** Stops between two batches once it is aborted. */
  readonly signal?: AbortSignal;
  /**
   * Whether the call gives way to others where calls share batches. Nobody waits for it, and it may wait for as long as it takes.
   * See batching/ADR-dynamic-batching.md. @default false
   */
  readonly background?: boolean;
  /** How much the call may make the model read. @default - as much as the model takes */
  readonly limits?: TokenLimits;
}

/** A call whose inputs are tokens already, and that has not run yet. */
export interface PreparedCall {
  /** Tokens that the model would read, special tokens included; 0 where they are not known. */
  readonly tokens: number;
  /** Milliseconds of inference, estimated from the tokens; 0 where nothing is known of it. */
  readonly estimatedMs: number;
  /** Runs the call. @throws EngineError OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED, and the reason of an aborted `signal` */
  run(options?: Pick<PredictOptions, 'signal' | 'background'>): Promise<Prediction>;
  /**
   * Runs a call of one input, and tells of its text as it comes. Once `signal` is aborted, the text ends where it is, by the finish
   * reason `cancelled`. Absent where a model tells nothing before its end, or the call has several inputs.
   *
   * @throws EngineError as `run`, with the first event or a later one
   */
  stream?(options?: Pick<PredictOptions, 'signal' | 'background'>): AsyncIterable<GenerationEvent>;
}

/**
 * A loaded model, whatever runs it. `manifest.runtime` tells which kind it is; a `Predictor` is the kind that reads
 * tokens.
 */
export interface LoadedModel {
  readonly manifest: PackageManifest;
  /** Variant that is served, or the dtype of a model of transformers.js. */
  readonly variantName: string;
  readonly loadTimings: LoadTimings;
  /** Bytes of the files behind the model: the engine's memory budget counts them. */
  readonly bytes: number;
  /** Inputs that wait for their turn. */
  readonly queued: number;
  /** False once the model is disposed of or its session died: the engine then loads it anew. */
  readonly usable: boolean;
  /**
   * Predicts one input (anything but an array) or an array of inputs.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG, TOO_MANY_TOKENS, TOO_MUCH_WORK,
   * TASK_UNSUPPORTED, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED
   */
  predict(inputs: unknown, parameters?: unknown, options?: PredictOptions): Promise<Prediction>;
  /**
   * The first half of `predict`: checks and tokenises the inputs, so that the work can be estimated, or handed to another
   * server, before it is done.
   *
   * @throws EngineError as `predict`, except the errors that only happen while the model runs
   */
  prepare(
    inputs: unknown,
    parameters?: unknown,
    options?: Pick<PredictOptions, 'task' | 'limits' | 'signal'>,
  ): Promise<PreparedCall>;
  /** Runs one golden of the package. Absent where the runtime has no reference outputs to compare with. */
  checkGolden?(): Promise<GoldenCheck>;
  /**
   * Reads what the texts are like that the model was made for, where its package says it. Absent where a runtime counts nothing.
   *
   * @throws PilotlightError REFERENCE_INVALID
   */
  reference?(): Promise<Reference | undefined>;
  /** Packs the weights now, where that was left for later; never rejects. @default - there is nothing to pack */
  pack?(): Promise<void>;
  /** Lets predictions under way finish, refuses later ones, and frees the model. */
  dispose(): Promise<void>;
}

/** The result of one input among many, or its error. */
export type Outcome = { readonly result: unknown } | { readonly error: EngineError };

export interface EachPrediction extends Omit<Prediction, 'results'> {
  /** One outcome for each input, in order. */
  readonly outcomes: readonly Outcome[];
}

/** A model that answers the rows of files, of which a bad one does not stop the others. */
export interface BulkModel extends LoadedModel {
  /** Tokens that a batch may have, padding included. */
  readonly maxBatchTokens: number;
  readonly variant: { readonly files: readonly PackageFile[] };
  /**
   * Predicts a list as `predict` does, but an input that is refused, or that the model cannot be run on, is an outcome with an
   * error, and the others are not affected.
   *
   * @throws EngineError INVALID_PARAMETER, OVERLOADED, PREDICTOR_DISPOSED, and SESSION_FAILED once the session is gone
   */
  predictEach(
    inputs: readonly unknown[],
    parameters?: unknown,
    options?: PredictOptions,
  ): Promise<EachPrediction>;
  /** Checks parameters without any input. @throws EngineError INVALID_PARAMETER with `field` */
  checkParameters(parameters: unknown): void;
}
