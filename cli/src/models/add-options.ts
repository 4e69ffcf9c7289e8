import type { SchemeName } from '@pilotlight/model-format';
import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, FETCHING, QUIET } from './options.ts';

/** The rungs of int8, by their names in manifests; they are here too, because the help must not load what builds them. */
export const RUNG_NAMES = [
  'int8-static',
  'int8-static-rows',
  'int8-rows',
  'int8-blocks-64',
  'int8-blocks-32',
  'int8-weights',
] as const satisfies readonly SchemeName[];

export const OPTIONS = {
  name: { type: 'string', value: 'NAME', help: 'name of the model in requests (a-z 0-9 . _ -)' },
  task: {
    type: 'string',
    value: 'TASK',
    help: 'task of the model',
    otherwise: 'what config.json says',
  },
  file: {
    type: 'string',
    value: 'FILE',
    help: 'the .onnx file to take, where the folder has several',
    otherwise: 'model.onnx, or what comes nearest',
  },
  output: {
    type: 'string',
    value: 'NAME',
    help: 'the output of the .onnx graph to take',
    otherwise: 'chosen by name, type and shape',
  },
  pooling: {
    type: 'string',
    value: 'HOW',
    help: 'how token vectors become one: cls, mean, max, last-token, none',
    otherwise: 'what modules.json says',
  },
  normalize: { type: 'boolean', default: false, help: 'scale embeddings to length 1' },
  base: {
    type: 'string',
    value: 'SOURCE',
    help: 'base model that a LoRA adapter is merged into, a folder or hf:org/model; of an archive the hub model that it names, or a folder of several',
  },
  tokenization: {
    type: 'string',
    value: 'HOW',
    help: 'of an archive that asks for spaCy: whitespace splits texts on blanks',
    otherwise: 'rules close to those of spaCy for English',
  },
  predictor: {
    type: 'string',
    value: 'NAME',
    help: 'of an archive: the predictor whose JSON it answers',
    otherwise: 'the one that AllenNLP takes for the model',
  },
  reference: {
    type: 'string',
    value: 'FILE',
    help: 'of an archive: lines of {"input", "output"} as AllenNLP answered, which it must answer, too',
  },
  version: {
    type: 'string',
    value: 'VERSION',
    default: '1.0.0',
    help: 'semantic version of the package',
  },
  description: { type: 'string', value: 'TEXT', help: 'one line for GET /models' },
  revision: {
    type: 'string',
    value: 'REV',
    help: 'branch, tag or commit of the source, for the record; of an address the one to fetch',
  },
  ...FETCHING,
  decoding: {
    type: 'string',
    value: 'HOW',
    help: 'how a tagger chooses labels: argmax takes the best label of each token; constrained takes the best sequence of well-formed spans (not for labels in IOB1)',
    otherwise: 'argmax',
  },
  variants: {
    type: 'string',
    value: 'LIST',
    default: 'int8',
    help: 'variants to package: int8, fp32, fp16 (for GPUs); the first one is served on the CPU',
  },
  quality: {
    type: 'string',
    value: 'LEVEL',
    default: 'fast',
    help: 'what int8 may lose: fast takes the fastest rung that is good, best one that hardly differs from fp32',
  },
  scheme: {
    type: 'string',
    value: 'RUNG',
    help: `the only rung of int8 to try: ${RUNG_NAMES.join(', ')}`,
    otherwise: 'all of them, the fastest first',
  },
  'keep-fp32': { type: 'string', value: 'WEIGHTS', multiple: true, help: 'leave these weights in fp32' },
  'reduce-range': {
    type: 'boolean',
    default: false,
    help: 'use 7-bit weights: faster on x86 processors without VNNI, and less exact',
  },
  texts: {
    type: 'string',
    value: 'FILE',
    help: 'texts to judge the quality on, and inputs of the goldens: one text a line, or .jsonl with {"text", "pair"?}',
  },
  'token-budget': {
    type: 'string',
    value: 'N',
    help: 'padded tokens of one batch',
    otherwise: '1024, or less where so many outputs do not fit into 256 MB',
  },
  evaluate: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'labelled rows to measure the quality on, of a model that generates {"text", "target"}; each with --dataset and --split',
  },
  dataset: { type: 'string', value: 'NAME', multiple: true, help: 'name of those rows in the model card' },
  split: {
    type: 'string',
    value: 'SPLIT',
    multiple: true,
    help: 'split of those rows: train, dev or test',
    otherwise: 'test',
  },
  runtime: {
    type: 'string',
    value: 'RUNTIME',
    help: 'transformers.js, for tasks with images and sound (docs/how-to/bring-in-a-model.md)',
  },
  dtype: {
    type: 'string',
    value: 'DTYPE',
    help: 'with --runtime: number format of the graphs to take',
    otherwise: 'q8 if there is one, else fp32',
  },
  ...COMMON,
  force: { type: 'boolean', default: false, help: 'replace this version if it exists' },
  ...QUIET,
} as const satisfies Options;

export type AddLine = CommandLine<typeof OPTIONS>;
