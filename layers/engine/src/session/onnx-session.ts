/** The session port on onnxruntime-node, in the thread that calls it: `run` blocks that thread. */
import './no-telemetry.ts';
import './runtime-log.ts';
import { EngineError } from '@pilotlight/model-format/errors';
import * as ort from 'onnxruntime-node';
import type {
  ExecutionProvider,
  Feeds,
  GraphNames,
  Outputs,
  Session,
  SessionOptions,
  Tensor,
  TensorData,
} from '../ports.ts';
import { openExact } from './precision.ts';
import { refuseFunctions } from './refuse-functions.ts';
import { refuseLoops } from './refuse-loops.ts';

/**
 * Opens a graph that was optimised when it was packaged; its weights are mapped from the file beside it.
 *
 * @throws EngineError PACKAGE_CORRUPT where the graph does not load, PACKAGE_INVALID where it has a Loop or functions of its
 * own, or where its inputs and outputs are not those that the manifest names.
 */
export async function createOnnxSession(
  file: string,
  graph: GraphNames,
  options: SessionOptions,
): Promise<Session> {
  const native = await load(file, options);
  const fault = findFault(native, graph);
  if (fault !== undefined) {
    await native.release();
    throw new EngineError('PACKAGE_INVALID', `The graph ${fault}. Package the model again.`);
  }
  return new OnnxSession(
    native,
    graph.outputs.map(({ name }) => name),
    options.profilePrefix !== undefined,
  );
}

/** Why the graph is not the one that the manifest describes. A graph may have outputs that nobody reads, but no run does without an input. */
function findFault(native: ort.InferenceSession, { inputs, outputs }: GraphNames): string | undefined {
  const missing = [
    ...inputs.filter(({ name }) => !native.inputNames.includes(name)),
    ...outputs.filter(({ name }) => !native.outputNames.includes(name)),
  ].map(({ name }) => name);
  if (missing.length > 0) return `has no input or output named ${missing.join(', ')}`;
  const unfed = native.inputNames.filter((needed) => !inputs.some(({ name }) => name === needed));
  return unfed.length > 0 ? `needs ${unfed.join(', ')}, which the manifest does not name` : undefined;
}

async function load(file: string, options: SessionOptions): Promise<ort.InferenceSession> {
  try {
    refuseLoops(file);
    refuseFunctions(file);
    return await openExact(file, sessionOptions(options), options);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const { executionProvider = 'cpu' } = options;
    if (executionProvider !== 'cpu') {
      throw new EngineError(
        'SESSION_FAILED',
        `The graph does not open on the execution provider ${executionProvider}. Its libraries or its device may be out of reach of this process; the execution provider cpu needs neither.`,
        { cause },
      );
    }
    throw new EngineError('PACKAGE_CORRUPT', 'The graph does not load. Package the model again.', { cause });
  }
}

/** Chooses the options of a graph: the CPU runs it as it was optimised when it was packaged, and a GPU's provider optimises it anew. */
export function sessionOptions(options: SessionOptions): ort.InferenceSession.SessionOptions {
  const { executionProvider = 'cpu', profilePrefix } = options;
  const own = executionProvider === 'cpu' ? cpuOptions(options) : gpuOptions(executionProvider, options);
  if (profilePrefix === undefined) return own;
  profiled += 1;
  return { ...own, enableProfiling: true, profileFilePrefix: `${profilePrefix}${profiled}` };
}

/** Sessions that were profiled: ONNX Runtime names files by the second, and two of one second would be one. */
let profiled = 0;

/**
 * The time that a thread looks for the next operator before it sleeps. It is longer than an operator takes to come, and so short
 * that nothing of it is left between two runs. See ADR-threads.md.
 */
const SPIN_MICROSECONDS = 200;

function cpuOptions({
  intraOpThreads,
  allowSpinning,
  packs = true,
  foldWeights = false,
}: SessionOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    // Level `basic` computes constants, and no more than the graph was optimised by when it was packaged.
    graphOptimizationLevel: foldWeights ? 'basic' : 'disabled',
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        ...(allowSpinning
          ? { 'intra_op.allow_spinning': '1', 'intra_op.spin_duration_us': `${SPIN_MICROSECONDS}` }
          : { 'intra_op.allow_spinning': '0' }),
        ...(!packs && { disable_prepacking: '1' }),
      },
    },
  };
}

/**
 * Weights are allocated by themselves, because the arena of a GPU grows by powers of two and would round them up. Memory patterns
 * are off, because each holds for one shape, and lengths vary.
 */
function gpuOptions(
  provider: ExecutionProvider,
  { intraOpThreads }: SessionOptions,
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: { 'intra_op.allow_spinning': '0', use_device_allocator_for_initializers: '1' },
    },
  };
}

/** The type of the elements follows from the array that holds them. */
function toNative({ data, dims }: Tensor<TensorData>): ort.Tensor {
  if (data instanceof BigInt64Array) return new ort.Tensor('int64', data, dims);
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims);
  return new ort.Tensor('bool', data, dims);
}

class OnnxSession implements Session {
  readonly #native: ort.InferenceSession;
  readonly #outputs: readonly string[];
  readonly #isProfiled: boolean;
  #ended = false;

  constructor(native: ort.InferenceSession, outputs: readonly string[], isProfiled: boolean) {
    this.#native = native;
    this.#outputs = outputs;
    this.#isProfiled = isProfiled;
  }

  async run(feeds: Feeds, names: readonly string[] = this.#outputs): Promise<Outputs> {
    const tensors: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) tensors[name] = toNative(tensor);
    const results = await this.#run(tensors, names);
    const outputs: Record<string, Outputs[string]> = {};
    for (const name of names) {
      const tensor = results[name];
      if (!(tensor?.data instanceof Float32Array)) {
        throw new EngineError('SESSION_FAILED', `The graph gave no float32 tensor named ${name}.`);
      }
      outputs[name] = { dims: tensor.dims, data: tensor.data };
    }
    return outputs;
  }

  async #run(
    tensors: Record<string, ort.Tensor>,
    names: readonly string[],
  ): Promise<ort.InferenceSession.OnnxValueMapType> {
    try {
      return await this.#native.run(tensors, names);
    } catch (cause) {
      throw new EngineError('SESSION_FAILED', 'The model could not be run on this input.', { cause });
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  async dispose(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#isProfiled) this.#native.endProfiling();
    await this.#native.release();
  }
}
