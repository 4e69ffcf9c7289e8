/** One loaded pipeline: from inputs to results, by way of transformers.js. */

import { PIPELINE_TASKS, type PipelineManifest } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { Activity } from '../activity.ts';
import { Turns } from '../batching/turns.ts';
import { refuseMoreCharacters } from '../character-limits.ts';
import type { LoadTimings } from '../ports.ts';
import type { Prediction, PredictOptions, PreparedCall } from '../predictor.ts';
import { mediaBytes, refuse } from './media.ts';
import { type PipelineParameters, parsePipelineParameters } from './parameters.ts';
import type { Pipeline } from './pipeline.ts';
import { readWav } from './wav.ts';

export interface PipelineParts {
  readonly manifest: PipelineManifest;
  readonly pipeline: Pipeline;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
}

type PipelineValue = string | Uint8Array | Float32Array;

const NO_TOKENS = { total: 0, padded: 0, truncated: 0 } as const;

/** As a `Predictor`, as far as it goes: inputs run one by one, characters count in place of tokens, and there are no windows. */
export class PipelinePredictor {
  readonly manifest: PipelineManifest;
  readonly variantName: string;
  readonly loadTimings: LoadTimings;
  readonly #parts: PipelineParts;
  readonly #turns = new Turns();
  readonly #activity: Activity;

  constructor(parts: PipelineParts) {
    this.manifest = parts.manifest;
    this.variantName = parts.manifest.dtype;
    this.loadTimings = parts.loadTimings;
    this.#parts = parts;
    this.#activity = new Activity(parts.manifest, parts.maxQueuedRequests);
  }

  /** Bytes of the files behind it: what the engine's memory budget counts. */
  get bytes(): number {
    return this.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
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
    const settings = parsePipelineParameters(this.manifest.task, parameters);
    const values = list.map((input: unknown, index) =>
      this.#parse(input, Array.isArray(inputs) ? `inputs[${index}]` : 'inputs'),
    );
    const texts = values.map((value) => ({ text: typeof value === 'string' ? value : '' }));
    if (options.limits) refuseMoreCharacters(texts, options.limits);
    return this.#activity.during(() => this.#runAll(values, settings, options));
  }

  /** As of a `Predictor`; there are no tokens by which the work could be estimated, so that all of it is done by `run`. */
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

  /** Lets what is under way finish, refuses what comes after, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#parts.pipeline.dispose());
  }

  async #runAll(
    values: readonly PipelineValue[],
    settings: PipelineParameters,
    { signal }: PredictOptions,
  ): Promise<Prediction> {
    const { name, version } = this.manifest;
    const start = performance.now();
    let queueMs = 0;
    const results: unknown[] = [];
    for (const value of values) {
      signal?.throwIfAborted();
      const result = await this.#turns.take((waitedMs) => {
        queueMs += waitedMs;
        return this.#runOne(value, settings);
      });
      results.push(result);
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

  /** A pipeline does not say what it failed on: where the same input runs without the parameters, it was these. */
  async #runOne(value: PipelineValue, { second, others }: PipelineParameters): Promise<unknown> {
    const { pipeline } = this.#parts;
    try {
      return await pipeline.run(value, second, others);
    } catch (error) {
      const names = Object.keys(others);
      const isFailure = error instanceof EngineError && error.code === 'SESSION_FAILED';
      if (!isFailure || names.length === 0) throw error;
      const runsWithout = await pipeline.run(value, second, {}).then(
        () => true,
        () => false,
      );
      if (!runsWithout) throw error;
      const field = names.length === 1 ? `parameters.${names[0]}` : 'parameters';
      throw new EngineError(
        'INVALID_PARAMETER',
        `${field}: the model can not be run with ${names.length === 1 ? 'this value' : `these values of ${names.join(', ')}`}, and can without.`,
        { details: { field }, cause: error },
      );
    }
  }

  #parse(input: unknown, field: string): PipelineValue {
    const kind = PIPELINE_TASKS[this.manifest.task].input;
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
    const { samplingRate } = this.#parts.pipeline;
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
    throw new EngineError('TASK_UNSUPPORTED', `Model ${name} is for ${own}; it can not do ${task}.`, {
      details: { model: name, task },
    });
  }
}
