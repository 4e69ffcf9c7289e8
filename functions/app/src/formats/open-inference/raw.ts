/** Tensors that are those of the graph: token ids in, logits or hidden states out. */
import {
  EngineError,
  type Feeds,
  type OnnxManifest,
  type Prediction,
  type PreparedCall,
  type Tensor,
} from '@pilotlight/engine';
import { estimateMs } from '@pilotlight/engine/internal/batching/token-limits';
import { refuseNotFinite } from '@pilotlight/engine/internal/tasks/output';
import { refuseMoreValues } from '../../http/answer/answer-size.ts';
import type { Limits } from '../../http/limits.ts';
import { refuseField } from '../../http/request/parse.ts';
import type { TokenModel } from '../../serve/ports.ts';
import type { InferTensor, OutputTensor } from './request.ts';
import { listElements } from './tensors.ts';

export const isRaw = (tensors: readonly InferTensor[]): boolean =>
  tensors.every(({ datatype }) => datatype !== 'BYTES');

type Int64Tensor = Tensor<BigInt64Array>;

/** Acts as a prepared call of the engine; its results are the tensors of the graph. */
export interface RawCall extends PreparedCall {
  run(options?: {
    readonly signal?: AbortSignal;
  }): Promise<Omit<Prediction, 'results'> & { readonly results: readonly OutputTensor[] }>;
}

/** `outputs` are the names of those that are asked for. @throws EngineError INVALID_INPUT with `field`, INPUT_TOO_LONG, TOO_MANY_TOKENS */
export function prepareRaw(
  model: TokenModel,
  tensors: readonly InferTensor[],
  outputs: readonly string[],
  limits: Limits,
): RawCall {
  const feeds = readFeeds(model, tensors, limits);
  const [rows = 0, tokens = 0] = Object.values(feeds)[0]?.dims ?? [];
  return {
    tokens: rows * tokens,
    estimatedMs: estimateMs(rows * tokens, model.variant),
    run: ({ signal } = {}) => runRaw(model, feeds, outputs, signal),
  };
}

/**
 * Runs the graph, so many rows at once as its token budget allows; stops between two batches once `signal` is aborted.
 *
 * @throws EngineError SESSION_FAILED, ANSWER_TOO_LARGE
 */
async function runRaw(
  model: TokenModel,
  feeds: Feeds,
  outputs: readonly string[],
  signal: AbortSignal | undefined,
) {
  const { manifest, variant, variantName } = model;
  const start = performance.now();
  const [rows = 0, tokens = 0] = Object.values(feeds)[0]?.dims ?? [];
  const rowsAtOnce = Math.max(1, Math.floor(variant.tokenBudget / tokens));
  const parts: Record<string, Tensor>[] = [];
  let [queueMs, inferMs, values] = [0, 0, 0];
  await model.withGraph(async (run) => {
    for (let row = 0; row < rows; row += rowsAtOnce) {
      signal?.throwIfAborted();
      const report = await run(readRows(feeds, row, Math.min(rows, row + rowsAtOnce)));
      queueMs += report.queueMs;
      inferMs += report.inferMs;
      const kept = Object.entries(report.outputs).filter(([name]) => outputs.includes(name));
      for (const [name, { data }] of kept) {
        refuseNotFinite(data, name);
        values += data.length;
      }
      refuseMoreValues(values);
      parts.push(Object.fromEntries(kept));
    }
  });
  const results = outputs.map((name) => joined(name, parts));
  const { name, version } = manifest;
  return {
    results,
    timings: {
      tokenizeMs: 0,
      queueMs,
      inferMs,
      postprocessMs: performance.now() - start - queueMs - inferMs,
    },
    tokens: { total: rows * tokens, padded: 0, truncated: 0 },
    truncated: Array.from({ length: rows }, () => 0),
    model: { name, version, variant: variantName },
  };
}

/** The inputs of the graph, `[rows, tokens]` each; a mask that is not given is of ones, types are zeros. */
function readFeeds(model: TokenModel, tensors: readonly InferTensor[], limits: Limits): Feeds {
  const { manifest, variant } = model;
  const { inputs } = variant.graphs.model;
  const unknown = tensors.find(({ name }) => !inputs.some((input) => input.name === name));
  if (unknown) {
    const known = inputs.map(({ name }) => name).join(', ');
    throw refuseField(unknown.name.slice(0, 100), `is no input of the graph; it has ${known}`);
  }
  const ids = tensors.find(({ name }) =>
    inputs.some((input) => input.role === 'input_ids' && input.name === name),
  );
  if (!ids) throw refuseField('inputs', 'must have the ids of tokens');
  const dims = readDims(ids, manifest, limits);
  const isToken = (id: number) => model.hasToken(id);
  return Object.fromEntries(
    inputs.map(({ name, role }): [string, Int64Tensor] => {
      const given = tensors.find((tensor) => tensor.name === name);
      const size = (dims[0] ?? 0) * (dims[1] ?? 0);
      if (!given)
        return [name, { dims, data: new BigInt64Array(size).fill(role === 'attention_mask' ? 1n : 0n) }];
      if (given.shape.join() !== dims.join())
        throw refuseField(name, `must have the shape [${dims.join(', ')}]`);
      return [
        name,
        {
          dims,
          data:
            role === 'input_ids'
              ? readIntegers(given, isToken, 'the id of a token')
              : readIntegers(given, isFlag, '0 or 1'),
        },
      ];
    }),
  );
}

function readDims({ name, shape }: InferTensor, manifest: OnnxManifest, limits: Limits): readonly number[] {
  const [rows = 0, tokens = 0] = shape;
  if (shape.length !== 2 || rows === 0 || tokens === 0) {
    throw refuseField(name, 'must have the shape [rows, tokens], with at least one of each');
  }
  const { maxTokens } = manifest.textProcessing;
  if (tokens > maxTokens) {
    throw new EngineError(
      'INPUT_TOO_LONG',
      `${name} has ${tokens} tokens a row; this model takes at most ${maxTokens}. Shorten it.`,
      { details: { field: name, tokens, maxTokens } },
    );
  }
  if (rows * tokens > limits.maxCallTokens) throw tooMany(rows * tokens, limits.maxCallTokens);
  return shape;
}

const isFlag = (value: number): boolean => value === 0 || value === 1;

/** @throws EngineError INVALID_INPUT where one is not what it must be: the graph would fail. */
function readIntegers(tensor: InferTensor, isRight: (value: number) => boolean, must: string): BigInt64Array {
  const elements = listElements(tensor);
  const data = new BigInt64Array(elements.length);
  for (const [i, element] of elements.entries()) {
    if (typeof element !== 'number' || !isRight(element))
      throw refuseField(`${tensor.name}[${i}]`, `must be ${must}`);
    data[i] = BigInt(Number(element));
  }
  return data;
}

function readRows(feeds: Feeds, from: number, to: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => {
      const tokens = dims[1] ?? 0;
      return [name, { dims: [to - from, tokens], data: data.slice(from * tokens, to * tokens) }];
    }),
  );
}

function joined(name: string, parts: readonly Readonly<Record<string, Tensor>>[]): OutputTensor {
  const tensors = parts.flatMap((part) => part[name] ?? []);
  const rows = tensors.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  const shape = [rows, ...(tensors[0]?.dims.slice(1) ?? [])];
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let end = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, end);
    end += tensor.data.length;
  }
  return { name, shape, datatype: 'FP32', data };
}

function tooMany(tokens: number, maxTokens: number): EngineError {
  return new EngineError(
    'TOO_MANY_TOKENS',
    `${tokens} tokens in one call; at most ${maxTokens} are taken. Send fewer rows.`,
    { details: { field: 'inputs', tokens, maxTokens } },
  );
}
