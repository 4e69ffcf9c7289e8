/** A loaded model that generates text: it turns inputs into tokens, lets the loop find what follows, and makes texts of it. */
import {
  type GenerationManifest,
  type GenerationVariant,
  servedFiles,
  sumOfBytes,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { tooMuchWork } from '../../batching/token-limits.ts';
import type { LoadTimings } from '../../ports.ts';
import { Activity } from '../../predict/activity.ts';
import type { Generation, GenerationEvent } from '../../predict/generation.ts';
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
import { parseCallParameters } from './call-parameters.ts';
import { countTokens, estimateMs } from './estimate.ts';
import { EventQueue } from './event-queue.ts';
import { compareGeneration } from './goldens/compare-generation.ts';
import type { GenerationGolden } from './goldens/generation-goldens.ts';
import type { Decoder } from './loop/decoder-port.ts';
import { type ReadCall, readCall } from './read-call.ts';
import { type CallRunner, runCall } from './run-call.ts';
import type { RunSettings } from './run-requests.ts';
import type { GenerationTokenizer } from './text/generation-tokenizer.ts';

export interface GeneratorDependencies {
  readonly manifest: GenerationManifest;
  readonly variantName: string;
  readonly variant: GenerationVariant;
  readonly text: GenerationTokenizer;
  readonly decoder: Decoder;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
  readonly goldens: Pick<GoldenRounds<GenerationGolden>, 'check'>;
}

export class Generator implements BulkModel {
  readonly manifest: GenerationManifest;
  readonly variantName: string;
  readonly variant: GenerationVariant;
  readonly loadTimings: LoadTimings;
  readonly #dependencies: GeneratorDependencies;
  readonly #activity: Activity;

  constructor(dependencies: GeneratorDependencies) {
    this.manifest = dependencies.manifest;
    this.variantName = dependencies.variantName;
    this.variant = dependencies.variant;
    this.loadTimings = dependencies.loadTimings;
    this.#dependencies = dependencies;
    this.#activity = new Activity(dependencies.manifest, dependencies.maxQueuedRequests);
  }

  get bytes(): number {
    return sumOfBytes(servedFiles(this.manifest, this.variant));
  }

  /** Inputs that wait for a slot. */
  get queued(): number {
    return this.#dependencies.decoder.load.waiting;
  }

  /** Inputs that are generated at once: rows of a file are read as many at a time. */
  get maxBatchTokens(): number {
    return this.#dependencies.decoder.load.slots * (this.manifest.decoder.maxPositions ?? 1024);
  }

  get usable(): boolean {
    return !this.#activity.isDisposed && !this.#dependencies.decoder.ended;
  }

  /**
   * Generates for one input (anything but an array) or an array of inputs; each result is a `Generation`.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG, TOO_MANY_TOKENS, TOO_MUCH_WORK,
   * TASK_UNSUPPORTED, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED
   */
  predict(inputs: unknown, parameters: unknown = {}, options: PredictOptions = {}): Promise<Prediction> {
    return this.#activity.during(async () => {
      const { call } = await this.#readWhole(inputs, parameters, options);
      return this.#run(call, options);
    });
  }

  async prepare(
    inputs: unknown,
    parameters: unknown = {},
    options: Pick<PredictOptions, 'task' | 'limits' | 'signal'> = {},
  ): Promise<PreparedCall> {
    const { call, tokens, estimatedMs } = await this.#activity.during(() =>
      this.#readWhole(inputs, parameters, options),
    );
    const { signal } = options;
    return {
      tokens,
      estimatedMs,
      run: (more = {}) => this.#activity.during(() => this.#run(call, { signal, ...more })),
      ...(call.inputs.length === 1 && { stream: (more = {}) => this.#stream(call, { signal, ...more }) }),
    };
  }

  async predictEach(
    inputs: readonly unknown[],
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<EachPrediction> {
    const { signal, background = false } = options;
    const each = await this.#activity.during(async () =>
      runCall(this.#runner, await this.#read(inputs, parameters, options), { signal, background }),
    );
    signal?.throwIfAborted();
    if (this.#dependencies.decoder.ended) for (const outcome of each.outcomes) resultOf(outcome);
    return each;
  }

  checkParameters(parameters: unknown): void {
    parseCallParameters(parameters, this.manifest.text.languages);
  }

  /** Runs one golden of the package, and the one after it at the next call. */
  checkGolden(): Promise<GoldenCheck> {
    return this.#dependencies.goldens.check(this.variantName, async (golden) => {
      const { results } = await this.predict(golden.input, golden.parameters);
      return compareGeneration(golden, results[0] as Generation);
    });
  }

  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#dependencies.decoder.dispose());
  }

  /** Reads a call of which no input may be refused, and that may not be too much work. */
  async #readWhole(
    inputs: unknown,
    parameters: unknown,
    options: Pick<PredictOptions, 'task' | 'limits' | 'signal'>,
  ): Promise<{ readonly call: ReadCall; readonly tokens: number; readonly estimatedMs: number }> {
    const call = await this.#read(inputs, parameters, options);
    const requests = call.inputs.map((input) => {
      if (input instanceof EngineError) throw input;
      return input.request;
    });
    const tokens = countTokens(requests);
    const estimatedMs = estimateMs(requests, this.variant);
    const { maxInferMs = Number.POSITIVE_INFINITY } = options.limits ?? {};
    if (estimatedMs > maxInferMs) throw tooMuchWork({ tokens, estimatedMs }, maxInferMs);
    return { call, tokens, estimatedMs };
  }

  async #run(call: ReadCall, { signal, background }: RunSettings): Promise<Prediction> {
    const settings = { signal, background, failsTogether: true };
    const { outcomes, ...report } = await runCall(this.#runner, call, settings);
    signal?.throwIfAborted();
    return { ...report, results: outcomes.map(resultOf) };
  }

  /** Ends by the finish reason `cancelled` where nobody listens any more, or the signal is aborted. */
  async *#stream(call: ReadCall, { signal, background }: RunSettings): AsyncGenerator<GenerationEvent> {
    const events = new EventQueue<GenerationEvent>();
    const left = new AbortController();
    const ended = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
    const onToken = (event: GenerationEvent): void => events.push(event);
    const running = this.#activity
      .during(() => runCall(this.#runner, call, { signal: ended, background, onToken }))
      .then(({ outcomes: [outcome], ...prediction }) => {
        const generation = resultOf(outcome) as Generation;
        events.push({ kind: 'end', generation, prediction });
        events.end();
      })
      .catch((error: unknown) => events.end({ error }));
    try {
      yield* events;
    } finally {
      left.abort();
      await running;
    }
  }

  get #runner(): CallRunner {
    const { manifest, variantName, decoder, text } = this.#dependencies;
    const { name, version } = manifest;
    return { decoder, text, model: { name, version, variant: variantName } };
  }

  async #read(
    inputs: unknown,
    parameters: unknown,
    { task, ...options }: Pick<PredictOptions, 'task' | 'limits' | 'signal'>,
  ): Promise<ReadCall> {
    const { name, task: own } = this.manifest;
    if (task !== undefined && String(task) !== own) {
      throw new EngineError('TASK_UNSUPPORTED', `Model ${name} is for ${own}; it cannot do ${task}.`, {
        details: { model: name, task },
      });
    }
    return readCall(this.#dependencies, inputs, parameters, options);
  }
}

function resultOf(outcome: Outcome | undefined): unknown {
  if (!outcome) throw new EngineError('SESSION_FAILED', 'The input was not run.');
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}
