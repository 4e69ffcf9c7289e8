/** A loaded model of an AllenNLP archive: the predictor's JSON in, the predictor's JSON out. */
import { type ArchiveManifest, type ArchiveVariant, servedFiles, sumOfBytes } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { BatchRecord } from '../batching/batching-settings.ts';
import {
  estimateMs,
  longInput,
  refuseMoreTokens,
  refuseMoreWork,
  type TokenLimits,
} from '../batching/token-limits.ts';
import type { LoadTimings } from '../ports.ts';
import { Activity } from '../predict/activity.ts';
import { AnswerSize } from '../predict/answer-size.ts';
import { CharacterCount } from '../predict/character-limits.ts';
import { givenParameters, invalidParameters } from '../predict/given-parameters.ts';
import type { GoldenCheck } from '../predict/goldens/check.ts';
import type {
  BulkModel,
  EachPrediction,
  Outcome,
  Prediction,
  PredictOptions,
  PreparedCall,
} from '../predict/loaded-model.ts';
import { Slices } from '../tokenizer/slices.ts';
import type { ArchiveGraphs } from './archive-graphs.ts';
import type { ArchiveModel } from './archive-model.ts';
import type { AnswerGoldenCheck } from './goldens/answer-goldens.ts';
import type { Instance } from './instance.ts';
import { InstanceQueue, type QueueReport } from './instance-queue.ts';
import { sizeOf } from './instance-size.ts';
import { countCharacters } from './limits/count-characters.ts';
import { refuseLarge } from './limits/size-limits.ts';
import { type AskedInput, askedInput } from './task-shape.ts';
import { inField, OF_INPUT } from './text/in-field.ts';

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
  readonly goldens: Pick<AnswerGoldenCheck, 'check'>;
  /** The model as the archive has it, by which goldens are checked. @default - this one */
  readonly own?: Pick<AllenNlpModel, 'predict'>;
}

/** An input that has been read: its instances, or why there are none. */
type ReadInput =
  | { readonly asked: AskedInput; readonly instances: readonly Instance[]; readonly tokens: number }
  | { readonly error: EngineError };

/** What a run is bounded by. */
interface Bounds {
  readonly limits?: TokenLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface ReadCall {
  readonly inputs: readonly ReadInput[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tokens: number;
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
   * what the predictor answers; a text, or `{question, context}`, is the input of a task of Hugging Face.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG and TOO_MANY_TOKENS, TASK_UNSUPPORTED,
   * OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED
   */
  async predict(
    inputs: unknown,
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<Prediction> {
    return (await this.prepare(inputs, parameters, options)).run(options);
  }

  async prepare(
    inputs: unknown,
    parameters: unknown = {},
    options: Pick<PredictOptions, 'task' | 'limits' | 'signal'> = {},
  ): Promise<PreparedCall> {
    const call = await this.#activity.during(() => this.#read(inputs, parameters, options));
    for (const input of call.inputs) if ('error' in input) throw input.error;
    const { limits = {}, signal } = options;
    refuseMoreWork(call.tokens, this.variant, limits);
    return {
      tokens: call.tokens,
      estimatedMs: estimateMs(call.tokens, this.variant),
      run: async (more = {}) => {
        const { outcomes, ...report } = await this.#run(call, { limits, signal: more.signal ?? signal });
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
    const { limits, signal } = options;
    const call = await this.#activity.during(() => this.#read(inputs, parameters, options));
    const { outcomes, ...report } = await this.#run(call, { limits, signal });
    if (this.#dependencies.graphs.ended) for (const outcome of outcomes) resultOf(outcome);
    return { ...report, outcomes };
  }

  /** Checks parameters without any input. @throws EngineError INVALID_PARAMETER with `field` */
  checkParameters(parameters: unknown): void {
    this.#parameters(parameters, true);
  }

  /** Runs one golden of the package, and the one after it at the next call. */
  checkGolden(): Promise<GoldenCheck> {
    const { goldens, own = this } = this.#dependencies;
    return goldens.check(this.variantName, async (input) => {
      const { results } = await own.predict(input, {}, { task: 'predictor' });
      return results[0];
    });
  }

  /** Lets calls under way finish, refuses later ones, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#dependencies.graphs.dispose());
  }

  /** Reads every input. An error that is the fault of one input stays with it; limits of a call are for all of it. */
  async #read(
    inputs: unknown,
    parameters: unknown,
    { task, limits = {}, signal }: Pick<PredictOptions, 'task' | 'limits' | 'signal'>,
  ): Promise<ReadCall> {
    const start = performance.now();
    const listed = Array.isArray(inputs);
    const list: readonly unknown[] = listed ? inputs : [inputs];
    const slices = new Slices(signal);
    const characters = new CharacterCount(limits);
    const read: ReadInput[] = [];
    for (const [index, input] of list.entries()) {
      await slices.giveWay();
      try {
        const asked = askedInput(this.#dependencies.model, input, task, {
          named: this.manifest,
          index: listed ? index : undefined,
        });
        characters.addCharacters(countCharacters(asked.json), index);
        read.push(await this.#readOne(asked, listed ? `inputs[${index}]` : 'inputs', index, limits));
      } catch (error) {
        const isOfInput = error instanceof EngineError && OF_INPUT.includes(error.code);
        if (!isOfInput) throw error;
        read.push({ error });
      }
    }
    const size = new AnswerSize(limits.maxAnswerBytes);
    for (const input of read) if ('asked' in input) size.addNumbers(this.#numbersOf(input));
    const counts = read.map((input) => ('error' in input ? 0 : input.tokens));
    refuseMoreTokens(counts, { ...limits, maxInputTokens: Number.POSITIVE_INFINITY });
    const anyShape = read.some((input) => 'asked' in input && input.asked.shape !== undefined);
    return {
      inputs: read,
      parameters: this.#parameters(parameters, anyShape),
      tokens: counts.reduce((sum, tokens) => sum + tokens, 0),
      tokenizeMs: performance.now() - start,
    };
  }

  /** Numbers of the answer to an input that are known to come; a task shows none of them. */
  #numbersOf({ asked, instances }: Extract<ReadInput, { asked: AskedInput }>): number {
    const { numbersOf } = this.#dependencies.model;
    if (asked.shape || !numbersOf) return 0;
    return instances.reduce((sum, instance) => sum + numbersOf(instance), 0);
  }

  async #readOne(
    asked: AskedInput,
    field: string,
    index: number,
    { maxInputTokens = Number.POSITIVE_INFINITY }: TokenLimits,
  ): Promise<ReadInput> {
    const { model } = this.#dependencies;
    const instances = await inField(field, () => model.read(asked.json, field));
    const tokens = instances.reduce((sum, instance) => sum + sizeOf(instance).tokens, 0);
    if (tokens > maxInputTokens) throw longInput({ index, tokens, maxTokens: maxInputTokens });
    for (const instance of instances) refuseLarge(instance, model, field);
    return { asked, instances, tokens };
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

  async #run(call: ReadCall, { limits, signal }: Bounds) {
    const instances = call.inputs.flatMap((input) => ('error' in input ? [] : input.instances));
    const report = await this.#activity.during(() => this.#queue.run(instances, signal));
    const start = performance.now();
    const outcomes = await this.#answers(call, report, { limits, signal });
    const { queueMs, inferMs, padded, batches } = report;
    const { name, version } = this.manifest;
    const postprocessMs = performance.now() - start;
    return {
      outcomes,
      timings: { tokenizeMs: call.tokenizeMs, queueMs, inferMs, postprocessMs },
      tokens: { total: call.tokens, padded, truncated: 0 },
      truncated: call.inputs.map(() => 0),
      model: { name, version, variant: this.variantName },
      batches,
    };
  }

  async #answers(
    { inputs, parameters }: ReadCall,
    report: QueueReport,
    { limits, signal }: Bounds,
  ): Promise<readonly Outcome[]> {
    const { model } = this.#dependencies;
    const size = new AnswerSize(limits?.maxAnswerBytes);
    const slices = new Slices(signal);
    const outcomes: Outcome[] = [];
    let next = 0;
    for (const input of inputs) {
      await slices.giveWay();
      if ('error' in input) {
        outcomes.push(input);
        continue;
      }
      const { asked, instances } = input;
      const own = report.outcomes.slice(next, next + instances.length);
      next += instances.length;
      try {
        const outputs = own.map(outputOf);
        const answer = model.answer(asked.json, instances, outputs);
        const result = asked.shape ? asked.shape.fromAnswer(answer, asked.input, parameters) : answer;
        size.addResult(result);
        outcomes.push({ result });
      } catch (error) {
        const isOfInput = error instanceof EngineError && error.code !== 'ANSWER_TOO_LARGE';
        if (!isOfInput) throw error;
        outcomes.push({ error });
      }
    }
    return outcomes;
  }
}

/** Parameters that clients of Hugging Face send with every call, and that change nothing here. */
const WITHOUT_MEANING: readonly string[] = ['truncate', 'truncation_direction'];

function outputOf(outcome: QueueReport['outcomes'][number]): unknown {
  if ('error' in outcome) throw outcome.error;
  return outcome.output;
}

function resultOf(outcome: Outcome): unknown {
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}
