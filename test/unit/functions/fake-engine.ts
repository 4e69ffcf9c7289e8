/** An engine of three models that answers at once, so that a test of the HTTP layer is about the HTTP layer. */
import {
  type Engine,
  EngineError,
  type ModelRef,
  type PackageEntry,
  parseModelRef,
  type TaskName,
} from '@pilotlight/engine';
import { createApp } from '../../../functions/app/src/app.ts';
import type { AppOptions } from '../../../functions/app/src/serve/ports.ts';
import type { PredictEngine, PredictModel } from '../../../functions/predict/ports.ts';
import { manifestOf, predictorOf } from '../engine/fakes.ts';

const MODELS: Record<string, { task: TaskName; result: unknown }> = {
  sentiment: { task: 'text-classification', result: [{ label: 'positive', score: 0.9 }] },
  slots: {
    task: 'token-classification',
    result: [{ entity_group: 'city', score: 0.8, word: 'Rome', start: 0, end: 4 }],
  },
  vectors: { task: 'feature-extraction', result: [0.6, 0.8] },
  tokens: {
    task: 'feature-extraction',
    result: [
      [1, 2],
      [3, 4],
    ],
  },
};

export interface Call {
  readonly ref: unknown;
  readonly inputs: unknown;
  readonly parameters: unknown;
  readonly task: unknown;
}

export interface FakeEngine extends PredictEngine {
  readonly calls: Call[];
  readonly predict: Engine['predict'];
}

/** An engine's `prepare` that leaves all of the work to `predict`, and estimates it as it is told. */
export function preparing(predict: Engine['predict'], estimatedMs = 0): Engine['prepare'] {
  return async (ref, inputs, parameters, options) => ({
    tokens: 5,
    estimatedMs,
    run: (more) => predict(ref, inputs, parameters, { ...options, ...more }),
  });
}

export interface FakeEngineOptions {
  /** The error that ends every prediction. */
  readonly failure?: unknown;
  /** The result of every input. @default - a result of the model's task */
  readonly result?: unknown;
  readonly entries?: PackageEntry[];
  readonly checkGolden?: PredictModel['checkGolden'];
  readonly pack?: () => Promise<void>;
  /** Models that it has. @default - all */
  readonly only?: readonly string[];
}

export function fakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const calls: Call[] = [];
  const loaded = new Map<string, PredictModel>();
  const load = async (ref: string | ModelRef) => {
    const { name } = typeof ref === 'string' ? parseModelRef(ref) : ref;
    const isThere = Object.hasOwn(MODELS, name) && (options.only?.includes(name) ?? true);
    const task = isThere ? MODELS[name]?.task : undefined;
    if (!task) {
      const models = options.only ?? Object.keys(MODELS);
      throw new EngineError('MODEL_NOT_FOUND', `There is no model named ${name}.`, { details: { models } });
    }
    const model = {
      manifest: manifestOf({ name, version: '1.0.0', task }),
      variantName: 'int8',
      loadTimings: { openMs: 1, verifyMs: 2, tokenizerMs: 3, sessionMs: 4, totalMs: 6 },
      checkGolden: options.checkGolden ?? (async () => ({ line: 2, drift: 0.25 })),
      ...(options.pack && { pack: options.pack }),
    };
    loaded.set(name, model);
    return model;
  };
  const predict: Engine['predict'] = async (ref, inputs, parameters, { task } = {}) => {
    calls.push({ ref, inputs, parameters, task });
    if (options.failure !== undefined) throw options.failure;
    const name = typeof ref === 'string' ? ref : ref.name;
    const list: unknown[] = Array.isArray(inputs) ? inputs : [inputs];
    if (list.some((input) => typeof input !== 'string')) {
      throw new EngineError('INVALID_INPUT', 'inputs: expected a string.', {
        details: { field: 'inputs' },
      });
    }
    return {
      results: list.map(() => options.result ?? MODELS[name]?.result),
      timings: { tokenizeMs: 0.25, queueMs: 0, inferMs: 1.5, postprocessMs: 0.125 },
      tokens: { total: 5 * list.length, padded: 1, truncated: 0 },
      truncated: list.map(() => 0),
      model: { name, version: '1.0.0', variant: 'int8' },
    };
  };
  return {
    calls,
    predict,
    prepare: preparing(predict),
    models: async () => options.entries ?? [{ name: 'sentiment', version: '1.0.0' }],
    loaded: () => [...loaded.values()],
    model: load,
    predictor: async (ref) => {
      const { manifest } = await load(ref);
      return predictorOf({ manifest });
    },
  };
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} };

export function fakeApp(options: Partial<AppOptions> = {}) {
  return createApp({ engine: fakeEngine(), logger: silent, ...options });
}

export function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
}

export function postJson(value: unknown): RequestInit {
  return post(JSON.stringify(value));
}
