/** A loaded model of an AllenNLP archive: the predictor's JSON in, the predictor's JSON out. */
import { type ArchiveManifest, type ArchiveVariant, servedFiles, sumOfBytes } from '@pilotlight/model-format';
import type { BatchRecord } from '../../batching/batching-settings.ts';
import { bothTallies, NO_BATCHES } from '../../batching/scheduler.ts';
import { estimateMs, refuseMoreWork } from '../../batching/token-limits.ts';
import type { LoadTimings } from '../../ports.ts';
import { Activity } from '../../predict/activity.ts';
import { givenParameters, invalidParameters } from '../../predict/given-parameters.ts';
import type { GoldenCheck } from '../../predict/goldens/check.ts';
import type { GoldenRounds } from '../../predict/goldens/golden-file.ts';
import type {
  BulkModel,
  EachPrediction,
  Outcome,
  Prediction,
  PredictOptions,
  PreparedCall,
} from '../../predict/loaded-model.ts';
import type { ArchiveGraphs } from './archive-graphs.ts';
import type { ArchiveModel } from './archive-model.ts';
import type { AnswerGolden } from './goldens/answer-goldens.ts';
import { compareAnswers } from './goldens/compare-answers.ts';
import { InstanceQueue } from './instance-queue.ts';
import { type Bounds, makeAnswers } from './make-answers.ts';
import { type ReadInputs, type ReadOptions, readInputs } from './read-inputs.ts';

export interface AllenNlpDependencies {
  readonly manifest: ArchiveManifest;
  readonly variantName: string;
  readonly variant: ArchiveVariant;
  readonly model: ArchiveModel;
  readonly graphs: Pick<ArchiveGraphs, 'run' | 'ended' | 'dispose'>;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
  /** Whether calls that are under way at once share batches. */
  readonly sharesBatches: boolean;
  /** Is told of each batch that ran. @default - nobody is */
  readonly onBatch?: (batch: BatchRecord) => void;
  readonly goldens: Pick<GoldenRounds<AnswerGolden>, 'check'>;
  /** The model as the archive has it, by which goldens are checked. @default - this one */
  readonly own?: Pick<AllenNlpModel, 'predict'>;
}

interface ReadCall extends ReadInputs {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tokenizeMs: number;
}

export class AllenNlpModel implements BulkModel {
  readonly manifest: ArchiveManifest;
  readonly variantName: string;
  readonly variant: ArchiveVariant;
  readonly loadTimings: LoadTimings;
  readonly #dependencies: AllenNlpDependencies;
  readonly #queue: InstanceQueue;
  readonly #activity: Activity;

  constructor(dependencies: AllenNlpDependencies) {
    const { manifest, variant, model, graphs, onBatch } = dependencies;
    const { name, version } = manifest;
    this.manifest = manifest;
    this.variantName = dependencies.variantName;
    this.variant = variant;
    this.loadTimings = dependencies.loadTimings;
    this.#dependencies = dependencies;
    this.#activity = new Activity(manifest, dependencies.maxQueuedRequests);
    this.#queue = new InstanceQueue((batch) => model.infer(batch, graphs), {
      tokenBudget: variant.tokenBudget,
      shared: dependencies.sharesBatches,
      alone: model.runsAlone ?? false,
      cellsOf: model.cellsOf,
      ...(onBatch && { onBatch: (batch) => onBatch({ model: name, version, ...batch }) }),
    });
  }

  get bytes(): number {
    return sumOfBytes(servedFiles(this.manifest, this.variant));
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Tokens that a batch may have, padding included. */
  get maxBatchTokens(): number {
    return this.variant.tokenBudget;
  }

  get usable(): boolean {
    return !this.#activity.isDisposed && !this.#dependencies.graphs.ended;
  }

  /**
   * Predicts one input (anything but an array) or an array of inputs. An object is what AllenNLP's predictor reads, and its result
   * what the predictor answers; a text, or `{question, context}`, is the input of a task of Hugging Face. Without limits, a long list is
   * read and run in windows: an input that is refused ends the call, but the windows before it have run.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG and TOO_MANY_TOKENS, TASK_UNSUPPORTED,
   * OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED
   */
  async predict(
    inputs: unknown,
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<Prediction> {
    if (!Array.isArray(inputs) || options.limits) {
      return (await this.prepare(inputs, parameters, options)).run(options);
    }
    const { outcomes, ...report } = await this.#inWindows(inputs, parameters, options, refuseFirst);
    return { ...report, results: outcomes.map(resultOf) };
  }

  async prepare(
    inputs: unknown,
    parameters: unknown = {},
    options: Pick<PredictOptions, 'task' | 'limits' | 'signal'> = {},
  ): Promise<PreparedCall> {
    const call = await this.#activity.during(() => this.#read(inputs, parameters, options));
    refuseFirst(call);
    const { limits = {}, signal } = options;
    refuseMoreWork(call.tokens, this.variant, limits);
    return {
      tokens: call.tokens,
      estimatedMs: estimateMs(call.tokens, this.variant),
      run: async (more = {}) => {
        const bounds = { limits, signal: more.signal ?? signal };
        const { outcomes, ...report } = await this.#activity.during(() => this.#run(call, bounds));
        return { ...report, results: outcomes.map(resultOf) };
      },
    };
  }

  /**
   * Predicts a list as `predict` does, but an input that is refused is an outcome with an error, and the others are not affected.
   *
   * @throws EngineError INVALID_PARAMETER, OVERLOADED, PREDICTOR_DISPOSED, and SESSION_FAILED once the session is gone
   */
  async predictEach(
    inputs: readonly unknown[],
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<EachPrediction> {
    const each = await this.#inWindows(inputs, parameters, options);
    if (this.#dependencies.graphs.ended) for (const outcome of each.outcomes) resultOf(outcome);
    return each;
  }

  /** Checks parameters without any input. @throws EngineError INVALID_PARAMETER with `field` */
  checkParameters(parameters: unknown): void {
    this.#parameters(parameters, true);
  }

  /** Runs one golden of the package, and the one after it at the next call. */
  checkGolden(): Promise<GoldenCheck> {
    const { goldens, own = this } = this.#dependencies;
    return goldens.check(this.variantName, async ({ input, output }) => {
      const { results } = await own.predict(input, {}, { task: 'predictor' });
      return compareAnswers(output, results[0]);
    });
  }

  /** Lets calls under way finish, refuses later ones, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#dependencies.graphs.dispose());
  }

  /** Reads and runs one window of the list after another, as one call. Limits are for all of it, so that with limits it is one window. */
  #inWindows(
    inputs: readonly unknown[],
    parameters: unknown,
    options: PredictOptions,
    check: (call: ReadCall) => void = () => {},
  ): Promise<EachPrediction> {
    const size = options.limits ? inputs.length : WINDOW;
    return this.#activity.during(async () => {
      const windows: EachPrediction[] = [];
      let first = 0;
      do {
        const window = inputs.slice(first, first + size);
        const call = await this.#read(window, parameters, { ...options, first });
        check(call);
        windows.push(await this.#run(call, options));
        first += size;
      } while (first < inputs.length);
      return joined(windows, this.#served);
    });
  }

  get #served(): EachPrediction['model'] {
    const { name, version } = this.manifest;
    return { name, version, variant: this.variantName };
  }

  async #read(inputs: unknown, parameters: unknown, options: ReadOptions): Promise<ReadCall> {
    const start = performance.now();
    const read = await readInputs(this.#dependencies.model, this.manifest, inputs, options);
    const hasTask = read.inputs.some((input) => 'asked' in input && input.asked.shape !== undefined);
    return {
      ...read,
      parameters: this.#parameters(parameters, hasTask),
      tokenizeMs: performance.now() - start,
    };
  }

  /** The predictor's JSON has no parameters beside it; a task has some. @throws EngineError INVALID_PARAMETER */
  #parameters(parameters: unknown, hasTask: boolean): Readonly<Record<string, unknown>> {
    const given = givenParameters(parameters) ?? {};
    if (typeof given !== 'object' || Array.isArray(given))
      throw invalidParameters('parameters', 'must be an object.');
    const read = Object.entries(given).filter(([name]) => !WITHOUT_MEANING.includes(name));
    const [name] = read[0] ?? [];
    if (name !== undefined && !hasTask && name !== 'offset_unit') {
      throw invalidParameters(
        `parameters.${name.slice(0, 100)}`,
        "is not known; the predictor's JSON has all that it reads.",
      );
    }
    return Object.fromEntries(read);
  }

  async #run(call: ReadCall, { limits, signal }: Bounds): Promise<EachPrediction> {
    const instances = call.inputs.flatMap((input) => ('error' in input ? [] : input.instances));
    const report = await this.#queue.run(instances, signal);
    const start = performance.now();
    const outcomes = await makeAnswers(this.#dependencies.model, call, report, { limits, signal });
    const { queueMs, inferMs, padded, batches } = report;
    const postprocessMs = performance.now() - start;
    return {
      outcomes,
      timings: { tokenizeMs: call.tokenizeMs, queueMs, inferMs, postprocessMs },
      tokens: { total: call.tokens, padded, truncated: 0 },
      truncated: call.inputs.map(() => 0),
      model: this.#served,
      batches,
    };
  }
}

/** Parameters that clients of Hugging Face send with every call, and that change nothing here. */
const WITHOUT_MEANING: readonly string[] = ['truncate', 'truncation_direction'];

/**
 * Inputs that are read and run before the next ones are. Of a list of 1,000, the tensors of a window are garbage before they grow old, which
 * is most of what a long list costs beside its runs.
 */
const WINDOW = 128;

/** The predictions of all windows as those of one call. */
function joined(windows: readonly EachPrediction[], model: EachPrediction['model']): EachPrediction {
  const sum = (read: (window: EachPrediction) => number) =>
    windows.reduce((total, window) => total + read(window), 0);
  return {
    outcomes: windows.flatMap(({ outcomes }) => outcomes),
    timings: {
      tokenizeMs: sum(({ timings }) => timings.tokenizeMs),
      queueMs: sum(({ timings }) => timings.queueMs),
      inferMs: sum(({ timings }) => timings.inferMs),
      postprocessMs: sum(({ timings }) => timings.postprocessMs),
    },
    tokens: {
      total: sum(({ tokens }) => tokens.total),
      padded: sum(({ tokens }) => tokens.padded),
      truncated: sum(({ tokens }) => tokens.truncated),
    },
    truncated: windows.flatMap(({ truncated }) => truncated),
    model,
    batches: windows.map(({ batches = NO_BATCHES }) => batches).reduce(bothTallies, NO_BATCHES),
  };
}

/** @throws the error of the first input that is refused */
function refuseFirst({ inputs }: ReadCall): void {
  for (const input of inputs) if ('error' in input) throw input.error;
}

function resultOf(outcome: Outcome): unknown {
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}
