/** Which peers `bench peers` measures, and where they are. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usageError } from 'pilotlight/internal/kit/errors';
import type { Options } from 'pilotlight/internal/kit/options';
import { ARCHIVES } from '../../fixtures/allennlp.ts';

export interface PeersOptions {
  /** Folder of a checkpoint of sentence-transformers. @default - random weights of the shape that is named */
  readonly checkpoint: string | undefined;
  /** The router of text-embeddings-inference, built with its `ort` backend. */
  readonly tei: string | undefined;
  /** A Python that has the packages of the peers. @default 'python3' */
  readonly python: string;
  /** Folder in which node-llama-cpp was installed. */
  readonly llama: string | undefined;
  /** Another checkout of Pilotlight. */
  readonly base: string | undefined;
  /** Packages that `base` serves. @default - what its own `models add` makes of the checkpoint */
  readonly basePackages: string | undefined;
  /** .onnx files of the same checkpoint that others published. */
  readonly published: readonly string[];
  /** Folder of AllenNLP archives, each in a folder of its own. */
  readonly archives: string;
  /** Fewer rounds: everything within 12 minutes, of `allennlp` within 4. */
  readonly quick: boolean;
  /** Names of subjects, or the beginnings of such names. @default - all */
  readonly only: readonly string[] | undefined;
}

export const PEERS_OPTIONS = {
  checkpoint: {
    type: 'string',
    value: 'FOLDER',
    help: 'with peers, quality: the trained checkpoint, in the layout of sentence-transformers',
    otherwise: 'PILOTLIGHT_BENCH_CHECKPOINT; peers without one: random weights',
  },
  tei: {
    type: 'string',
    value: 'FILE',
    help: 'with peers: the router of text-embeddings-inference, built with its ort backend',
    otherwise: 'PILOTLIGHT_BENCH_TEI; without one it is skipped',
  },
  python: {
    type: 'string',
    value: 'FILE',
    help: 'with peers, quality: a Python with onnxruntime, tokenizers, sentence-transformers, fastapi and uvicorn; with allennlp: one with allennlp and allennlp-models; with generate: one with torch and transformers; what it lacks is skipped',
    otherwise: 'PILOTLIGHT_BENCH_PYTHON, or python3',
  },
  llama: {
    type: 'string',
    value: 'FOLDER',
    help: 'with generate: a folder, not of this project, in which npm install node-llama-cpp was run',
    otherwise: 'PILOTLIGHT_BENCH_LLAMA; without one it is skipped',
  },
  base: {
    type: 'string',
    value: 'FOLDER',
    help: 'with peers: another checkout of Pilotlight, measured beside this one',
  },
  'base-packages': {
    type: 'string',
    value: 'FOLDER',
    help: 'with --base: packages that it serves, where its own models add refuses the checkpoint',
  },
  published: {
    type: 'string',
    value: 'LIST',
    help: 'with quality: .onnx files of the same checkpoint that others published, separated by commas',
  },
  archives: {
    type: 'string',
    value: 'FOLDER',
    help: 'with allennlp: archives, NAME/model.tar.gz beside NAME/reference.json',
    otherwise: 'PILOTLIGHT_BENCH_ARCHIVES, or ../shared/allennlp',
  },
  quick: {
    type: 'boolean',
    default: false,
    help: 'with peers: fewer rounds, 12 minutes for all of it; with allennlp: 4 minutes; with generate: smaller models',
  },
  only: {
    type: 'string',
    value: 'LIST',
    help: 'with peers: subjects, or the beginnings of their names, such as pilotlight,tei-int8',
    otherwise: 'all that are installed',
  },
} as const satisfies Options;

type PeersValues = {
  readonly [Name in keyof typeof PEERS_OPTIONS]?: (typeof PEERS_OPTIONS)[Name]['type'] extends 'boolean'
    ? boolean
    : string;
};

/** @throws CliError USAGE for an option of peers with another measurement, and for a folder or file that is not there */
export function parsePeersOptions(
  values: PeersValues,
  measured: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PeersOptions {
  for (const name of OPTION_NAMES) {
    const measurements = MEASUREMENTS_OF[name];
    if (values[name] && !measurements.includes(measured))
      throw usageError(`--${name} is for ${new Intl.ListFormat('en').format(measurements)}.`);
  }
  const place = (name: keyof typeof PEERS_OPTIONS, variable?: string, of = measured) => {
    const given =
      values[name] ?? (variable === undefined || of !== measured ? undefined : environment[variable]);
    if (typeof given !== 'string' || given === '') return undefined;
    if (!existsSync(given)) throw usageError(`--${name}: there is no ${given}.`);
    return resolve(given);
  };
  const base = place('base');
  if (base !== undefined && !existsSync(join(base, 'functions/bundles/src/bundle.ts')))
    throw usageError(`--base: ${base} is no checkout of Pilotlight.`);
  if (values['base-packages'] !== undefined && base === undefined)
    throw usageError('--base-packages is for --base.');
  const asked = measured === 'peers' || measured === 'quality';
  return {
    checkpoint: asked ? place('checkpoint', 'PILOTLIGHT_BENCH_CHECKPOINT') : undefined,
    tei: asked ? place('tei', 'PILOTLIGHT_BENCH_TEI') : undefined,
    python: values.python ?? (environment.PILOTLIGHT_BENCH_PYTHON || 'python3'),
    llama: place('llama', 'PILOTLIGHT_BENCH_LLAMA', 'generate'),
    base,
    basePackages: place('base-packages'),
    published: published(values.published),
    archives: place('archives', 'PILOTLIGHT_BENCH_ARCHIVES', 'allennlp') ?? ARCHIVES,
    quick: values.quick ?? false,
    only: values.only?.split(',').map((name) => name.trim()),
  };
}

function published(list: string | undefined): string[] {
  const files = list === undefined ? [] : list.split(',').map((file) => resolve(file.trim()));
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw usageError(`--published: there is no ${missing}.`);
  return files;
}

const MEASUREMENTS_OF: Readonly<Record<keyof typeof PEERS_OPTIONS, readonly string[]>> = {
  checkpoint: ['peers', 'quality'],
  python: ['peers', 'quality', 'allennlp', 'generate'],
  tei: ['peers'],
  llama: ['generate'],
  base: ['peers'],
  'base-packages': ['peers'],
  published: ['quality'],
  archives: ['allennlp'],
  quick: ['peers', 'allennlp', 'generate'],
  only: ['peers'],
};
const OPTION_NAMES = Object.keys(PEERS_OPTIONS) as (keyof typeof PEERS_OPTIONS)[];
