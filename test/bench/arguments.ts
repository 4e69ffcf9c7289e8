import { parseArgs } from 'node:util';
import type { ExecutionProvider } from '@pilotlight/engine';
import { GPU_MODELS, TARGET_MODEL, TASKS_MODEL } from './default-models.ts';
import { BenchError } from './errors.ts';

/** `lambda` is `cold --lambda`; `gpu` is for machines that have one. */
export const MEASUREMENTS = [
  'cold',
  'warm',
  'bulk',
  'memory',
  'batch',
  'tasks',
  'load',
  'soak',
  'lambda',
  'gpu',
] as const;
export type Measurement = (typeof MEASUREMENTS)[number];

export interface BenchArguments {
  readonly help: boolean;
  readonly measurements: readonly Measurement[];
  /** Shape of the checkpoint; of `gpu` it may be several, with commas. */
  readonly model: string;
  /** What `gpu` measures beside the CPU. @default - the first of a GPU that works */
  readonly provider?: ExecutionProvider;
  readonly json: boolean;
  readonly write: boolean;
  /** Rounds of each measurement. @default - what each measurement needs for a steady median */
  readonly rounds?: number;
  /** Requests of the memory measurement. */
  readonly requests: number;
  /** Minutes of the soak. */
  readonly minutes: number;
}

export const HELP = `npm run bench -- cold|warm|bulk|memory|batch|tasks|load|soak|all|gpu [options]

Measures Pilotlight against @huggingface/transformers on the same weights, and against the limit that
ONNX Runtime sets, in fresh processes and in alternating order.

  cold      process start to first prediction, page cache warm, int8 and fp32
  warm      single calls of 16 and 128 tokens
  bulk      1,024 texts of mixed lengths
  memory    resident memory after load, and its growth over 10,000 requests
  batch     a file in S3 through the batch function, and its memory as files grow
  tasks     zero-shot with ten labels, embeddings, a question over 4,000 tokens
  load      the long-lived server under 64 clients, with batches and without
  soak      its memory while it is as busy as it can be, for ten minutes
  gpu       texts of 128 tokens by the size of the batch, on the GPU in fp16 and on the CPU, of
            110M and 335M parameters; needs a GPU
  all       all but gpu, and cold --lambda, one after the other

  --lambda         with cold: the predict function with the sentiment model in local Lambda, its
                   init phase and first request

  --model NAME     shape of the checkpoint: 22m, 67m (default), 110m, 335m or tiny; tasks have
                   22m, or tiny
  --provider NAME  with gpu: cuda, webgpu or cpu (default: the first of a GPU that works)
  --rounds N       rounds of each measurement; more rounds, narrower spread
  --requests N     requests of the memory measurement (default 10,000)
  --minutes N      minutes of the soak (default 10)
  --json           print the results as JSON
  --write          also write docs/reference/benchmarks.md and its plots
  --help           this text
`;

const OPTIONS = {
  model: { type: 'string' },
  lambda: { type: 'boolean', default: false },
  provider: { type: 'string' },
  rounds: { type: 'string' },
  requests: { type: 'string', default: '10000' },
  minutes: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The model of what is measured on another one by itself. */
const USUAL_MODELS: Readonly<Record<string, string>> = { tasks: TASKS_MODEL, gpu: GPU_MODELS.join(',') };

/** Throws BAD_ARGUMENT with what to write instead. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parseStrictly(argv);
  const help = values.help || argv.length === 0;
  const measurements = help ? [] : measurementsOf(positionals, values.lambda);
  const usual = USUAL_MODELS[measurements.join()] ?? TARGET_MODEL;
  return {
    help,
    measurements,
    model: values.model?.toLowerCase() ?? usual,
    ...(values.provider !== undefined && { provider: providerOf(values.provider, measurements) }),
    json: values.json,
    write: values.write,
    ...(values.rounds === undefined ? {} : { rounds: positiveInteger('--rounds', values.rounds) }),
    requests: positiveInteger('--requests', values.requests),
    minutes: positive('--minutes', values.minutes),
  };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new BenchError('BAD_ARGUMENT', `${reason}; --help lists the options`, { cause });
  }
}

function measurementsOf(positionals: readonly string[], lambda: boolean): readonly Measurement[] {
  const [name, ...rest] = positionals;
  if (name === undefined) throw new BenchError('BAD_ARGUMENT', `say what to measure: ${choices()}`);
  if (rest.length > 0)
    throw new BenchError('BAD_ARGUMENT', `one measurement at a time, or all; got ${positionals.join(' ')}`);
  if (lambda && name !== 'cold') throw new BenchError('BAD_ARGUMENT', '--lambda is for cold');
  if (lambda) return ['lambda'];
  if (name === 'all') return MEASUREMENTS.filter((measurement) => measurement !== 'gpu');
  const found = NAMED.find((measurement) => measurement === name);
  if (found === undefined)
    throw new BenchError('BAD_ARGUMENT', `nothing measures ${name}; choose ${choices()}`);
  return [found];
}

const NAMED = MEASUREMENTS.filter((measurement) => measurement !== 'lambda');
const choices = () => [...NAMED, 'all'].join(', ');

function providerOf(name: string, measurements: readonly Measurement[]): ExecutionProvider {
  if (measurements.join() !== 'gpu') throw new BenchError('BAD_ARGUMENT', '--provider is for gpu');
  const known = (['cuda', 'webgpu', 'cpu'] as const).find((provider) => provider === name);
  if (known !== undefined) return known;
  throw new BenchError('BAD_ARGUMENT', `--provider takes cuda, webgpu or cpu, not ${name}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new BenchError('BAD_ARGUMENT', `${option} takes a number above 0, not ${text}`);
}

function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new BenchError('BAD_ARGUMENT', `${option} takes a whole number from 1, not ${text}`);
  }
  return value;
}
