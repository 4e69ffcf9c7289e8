import type { ExecutionProvider } from '@pilotlight/engine';
import { usageError } from 'pilotlight/internal/kit/errors';
import { type CommandLine, chooseOne, type Options, wholeNumber } from 'pilotlight/internal/kit/options';
import {
  ARCHIVES_MODEL,
  GENERATION_MODELS,
  GPU_MODELS,
  TARGET_MODEL,
  TASKS_MODEL,
  TRAINED_MODEL,
  UNTRAINED_MODEL,
} from './default-models.ts';
import { PEERS_OPTIONS, type PeersOptions, parsePeersOptions } from './peers/options.ts';

/**
 * `lambda` is `cold --lambda`; `gpu` is for machines that have one, `peers` and `quality` for those with a trained checkpoint, `allennlp` for
 * those with archives; `generate` takes long.
 */
export const MEASUREMENTS = [
  'cold',
  'warm',
  'bulk',
  'memory',
  'batch',
  'tasks',
  'load',
  'soak',
  'streams',
  'lambda',
  'burst',
  'gpu',
  'peers',
  'quality',
  'allennlp',
  'generate',
] as const;
export type Measurement = (typeof MEASUREMENTS)[number];

export interface BenchArguments {
  readonly measurements: readonly Measurement[];
  /** Shape of the checkpoint; `gpu` and `generate` take several, separated by commas. */
  readonly model: string;
  /** The execution provider that `gpu` measures beside the CPU. @default - the first of a GPU that works */
  readonly provider: ExecutionProvider | undefined;
  readonly json: boolean;
  readonly write: boolean;
  /** Rounds of each measurement. @default - what each measurement needs for a steady median */
  readonly rounds: number | undefined;
  /** Requests of the memory measurement. */
  readonly requests: number;
  /** Minutes of the soak and of the streams. @default - ten of the soak, five of the streams */
  readonly minutes: number | undefined;
  /** What `peers`, `quality`, `allennlp` and `generate` are measured with. */
  readonly peers: PeersOptions;
}

const NOT_IN_ALL: readonly Measurement[] = ['gpu', 'peers', 'quality', 'allennlp', 'generate'];

export const OPTIONS = {
  model: {
    type: 'string',
    value: 'NAME',
    help: 'shape of the checkpoint: 22m, 67m, 110m, 335m or tiny; gpu takes several, separated by commas; generate takes its own; with --checkpoint, its name',
    otherwise: '67m; tasks, peers 22m; gpu 110m,335m; generate t5-60m,gpt2-124m,marian-74m,llama-135m',
  },
  lambda: {
    type: 'boolean',
    default: false,
    help: 'with cold: measure the predict function with the sentiment model in local Lambda: its init phase and first request',
  },
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'with gpu: cuda, webgpu or cpu',
    otherwise: 'the first GPU provider that works',
  },
  rounds: {
    type: 'string',
    value: 'N',
    help: 'rounds of each measurement; more rounds narrow the spread',
    otherwise: 'enough for a steady median',
  },
  requests: {
    type: 'string',
    value: 'N',
    default: '10000',
    help: 'requests of the memory measurement',
  },
  minutes: {
    type: 'string',
    value: 'N',
    help: 'minutes of the soak, or of the streams',
    otherwise: '10; streams 5',
  },
  ...PEERS_OPTIONS,
  json: { type: 'boolean', default: false, help: 'print the results as JSON' },
  write: { type: 'boolean', default: false, help: 'also write docs/reference/benchmarks.md and its plots' },
} as const satisfies Options;

export type BenchLine = CommandLine<typeof OPTIONS>;

/** The model of what is measured on another one by itself. */
const USUAL_MODELS: Readonly<Record<string, string>> = {
  tasks: TASKS_MODEL,
  gpu: GPU_MODELS.join(','),
  allennlp: ARCHIVES_MODEL,
};

/** With a checkpoint, the name of its package. */
function usualModel(measured: string, { checkpoint, quick }: PeersOptions): string {
  if (measured === 'generate') return GENERATION_MODELS[quick ? 'quick' : 'full'].join(',');
  if (measured !== 'peers' && measured !== 'quality') return USUAL_MODELS[measured] ?? TARGET_MODEL;
  return checkpoint === undefined ? UNTRAINED_MODEL : TRAINED_MODEL;
}

/** Throws USAGE with what to write instead. */
export function parseArguments({ values, positionals }: BenchLine): BenchArguments {
  const measurements = parseMeasurements(positionals, values.lambda);
  const peers = parsePeersOptions(values, measurements.join());
  return {
    measurements,
    model: values.model?.toLowerCase() ?? usualModel(measurements.join(), peers),
    provider: values.provider === undefined ? undefined : parseProvider(values.provider, measurements),
    json: values.json,
    write: values.write,
    rounds: values.rounds === undefined ? undefined : wholeNumber(values.rounds, '--rounds', 1),
    requests: wholeNumber(values.requests, '--requests', 1),
    minutes: values.minutes === undefined ? undefined : positive('--minutes', values.minutes),
    peers,
  };
}

function parseMeasurements(positionals: readonly string[], lambda: boolean): readonly Measurement[] {
  const [name, ...rest] = positionals;
  if (name === undefined) throw usageError(`Say what to measure: ${choices()}.`);
  if (rest.length > 0) throw usageError(`One measurement at a time, or all; got ${positionals.join(' ')}.`);
  if (lambda && name !== 'cold') throw usageError('--lambda is for cold.');
  if (lambda) return ['lambda'];
  if (name === 'all') return MEASUREMENTS.filter((measurement) => !NOT_IN_ALL.includes(measurement));
  const found = NAMED.find((measurement) => measurement === name);
  if (found === undefined) throw usageError(`Nothing measures ${name}; choose ${choices()}.`);
  return [found];
}

const NAMED = MEASUREMENTS.filter((measurement) => measurement !== 'lambda');
const choices = () => [...NAMED, 'all'].join(', ');

function parseProvider(name: string, measurements: readonly Measurement[]): ExecutionProvider {
  if (measurements.join() !== 'gpu') throw usageError('--provider is for gpu.');
  return chooseOne(['cuda', 'webgpu', 'cpu'], name, '--provider');
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usageError(`${option} takes a number above 0, not ${text}.`);
}
