/** A loaded model that transformers.js runs. */

import {
  servedFiles,
  sumOfBytes,
  TRANSFORMERS_JS_TASKS,
  type TransformersJsManifest,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { Turns } from '../../batching/turns.ts';
import type { LoadTimings } from '../../ports.ts';
import { Activity } from '../../predict/activity.ts';
import { refuseMoreCharacters } from '../../predict/character-limits.ts';
import type { LoadedModel, Prediction, PredictOptions, PreparedCall } from '../../predict/loaded-model.ts';
import { mediaBytes, refuse } from './media.ts';
import { type ModelParameters, parseModelParameters } from './parameters.ts';
import type { OpenModel } from './runtime.ts';
import { readWav } from './wav.ts';

export interface TransformersJsDependencies {
  readonly manifest: TransformersJsManifest;
  readonly open: OpenModel;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
}

type ModelInput = string | Uint8Array | Float32Array;

const NO_TOKENS = { total: 0, padded: 0, truncated: 0 } as const;

/** Inputs run one by one, characters count in place of tokens, and there are no windows. */
export class TransformersJsModel implements LoadedModel {
  readonly manifest: TransformersJsManifest;
  readonly variantName: string;
  readonly loadTimings: LoadTimings;
  readonly #dependencies: TransformersJsDependencies;
  readonly #turns = new Turns();
  #queued = 0;
  readonly #activity: Activity;

  constructor(dependencies: TransformersJsDependencies) {
    this.manifest = dependencies.manifest;
    this.variantName = dependencies.manifest.dtype;
    this.loadTimings = dependencies.loadTimings;
    this.#dependencies = dependencies;
    this.#activity = new Activity(dependencies.manifest, dependencies.maxQueuedRequests);
  }

  get bytes(): number {
    return sumOfBytes(servedFiles(this.manifest));
  }

  get queued(): number {
    return this.#queued;
  }

  get usable(): boolean {
    return !this.#activity.isDisposed;
  }

  /**
   * Predicts one input (anything but an array) or an array of inputs. An image or a recording is the base64 of its file,
   * or its bytes; URLs are refused.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG and TOO_MANY_TOKENS with
   * `characters` and `maxCharacters`, TASK_UNSUPPORTED, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED.
   */
  async predict(
    inputs: unknown,
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<Prediction> {
    this.#refuseOtherTask(options);
    const list = Array.isArray(inputs) ? inputs : [inputs];
    const settings = parseModelParameters(this.manifest.task, parameters);
    const values = list.map((input: unknown, index) =>
      this.#parse(input, Array.isArray(inputs) ? `inputs[${index}]` : 'inputs'),
    );
    const texts = values.map((value) => ({ text: typeof value === 'string' ? value : '' }));
    if (options.limits) refuseMoreCharacters(texts, options.limits);
    return this.#activity.during(() => this.#runAll(values, settings, options));
  }

  /** Prepares nothing, because there are no tokens by which the work could be estimated: `run` does all of it. */
  async prepare(
    inputs: unknown,
    parameters: unknown = {},
    options: Pick<PredictOptions, 'task' | 'limits'> = {},
  ): Promise<PreparedCall> {
    return {
      tokens: 0,
      estimatedMs: 0,
      run: (more = {}) => this.predict(inputs, parameters, { ...options, ...more }),
    };
  }

  /** Lets calls under way finish, refuses later ones, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#dependencies.open.dispose());
  }

  async #runAll(
    values: readonly ModelInput[],
    settings: ModelParameters,
    { signal }: PredictOptions,
  ): Promise<Prediction> {
    const { name, version } = this.manifest;
    const start = performance.now();
    let queueMs = 0;
    const results: unknown[] = [];
    let left = values.length;
    this.#queued += left;
    try {
      for (const value of values) {
        signal?.throwIfAborted();
        const result = await this.#turns.take((waitedMs) => {
          queueMs += waitedMs;
          this.#queued -= 1;
          left -= 1;
          return this.#runOne(value, settings);
        });
        results.push(result);
      }
    } finally {
      this.#queued -= left;
    }
    const inferMs = performance.now() - start - queueMs;
    return {
      results,
      timings: { tokenizeMs: 0, queueMs, inferMs, postprocessMs: 0 },
      tokens: NO_TOKENS,
      truncated: values.map(() => 0),
      model: { name, version, variant: this.variantName },
    };
  }

  /** transformers.js does not say what it failed on. Where the same input runs without the parameters, they are at fault. */
  async #runOne(value: ModelInput, { second, others }: ModelParameters): Promise<unknown> {
    const { open } = this.#dependencies;
    try {
      return await open.run(value, second, others);
    } catch (error) {
      const names = Object.keys(others);
      const isFailure = error instanceof EngineError && error.code === 'SESSION_FAILED';
      if (!isFailure || names.length === 0) throw error;
      const runsWithout = await open.run(value, second, {}).then(
        () => true,
        () => false,
      );
      if (!runsWithout) throw error;
      const field = names.length === 1 ? `parameters.${names[0]}` : 'parameters';
      throw new EngineError(
        'INVALID_PARAMETER',
        `${field}: the model cannot be run with ${names.length === 1 ? 'this value' : `these values of ${names.join(', ')}`}, but runs without.`,
        { details: { field }, cause: error },
      );
    }
  }

  #parse(input: unknown, field: string): ModelInput {
    const kind = TRANSFORMERS_JS_TASKS[this.manifest.task].input;
    if (kind === 'text') {
      if (typeof input !== 'string') throw refuse(field, 'must be a text');
      return input;
    }
    const file = mediaBytes(kind, input, field);
    return kind === 'image' ? file : this.#samples(file, field);
  }

  #samples(file: Uint8Array, field: string): Float32Array {
    const recording = readWav(file);
    if (!recording) throw refuse(field, 'must be a WAV file of 16-bit PCM or 32-bit float samples');
    const { samplingRate } = this.#dependencies.open;
    if (samplingRate !== undefined && recording.samplingRate !== samplingRate) {
      throw refuse(
        field,
        `has ${recording.samplingRate} samples a second; this model takes ${samplingRate}. Resample it`,
      );
    }
    return recording.samples;
  }

  #refuseOtherTask({ task }: PredictOptions): void {
    if (task === undefined) return;
    const { name, task: own } = this.manifest;
    throw new EngineError('TASK_UNSUPPORTED', `Model ${name} is for ${own}; it cannot do ${task}.`, {
      details: { model: name, task },
    });
  }
}
