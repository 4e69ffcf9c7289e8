/** Sources that nobody should be able to package: each a change to a checkpoint that is right. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { global, pickle, REDUCE, stateDict, tensor, text, tuple } from '../fixtures/pickles.ts';
import { safetensorsHeader } from '../fixtures/safetensors.ts';
import { torchZip } from '../fixtures/torch.ts';
import { cases } from '../scale.ts';

export interface HostileSource {
  readonly name: string;
  /** @default - that of the checkpoint, which classifies */
  readonly task?: 'feature-extraction';
  /** Changes the folder of a checkpoint. */
  spoil(folder: string): void;
}

const FILES = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
] as const;

/** What may lie in the place of a file. */
const PLACES: Readonly<Record<string, (path: string) => void>> = {
  'is a folder': (path) => mkdirSync(path),
  'is a pipe': (path) => execFileSync('mkfifo', [path]),
  'leads to /etc/passwd': (path) => symlinkSync('/etc/passwd', path),
  'leads to /dev/zero': (path) => symlinkSync('/dev/zero', path),
  'leads to /proc/self/environ': (path) => symlinkSync('/proc/self/environ', path),
  'leads nowhere': (path) => symlinkSync('../nowhere', path),
  'leads to itself': (path) => symlinkSync(path, path),
  'is a pointer of Git LFS': (path) =>
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n'),
};

const places: HostileSource[] = FILES.flatMap((file) =>
  Object.entries(PLACES).map(([is, put]) => ({
    name: `${file} ${is}`,
    spoil(folder: string) {
      rmSync(join(folder, file));
      put(join(folder, file));
    },
  })),
);

const write = (file: string, content: string | Uint8Array) => (folder: string) =>
  writeFileSync(join(folder, file), content);

/** Contents that are no JSON, or not as it should be written. */
const CONTENTS: Readonly<Record<string, string | Uint8Array>> = {
  'is empty': '',
  'is a web page': '<!doctype html><html></html>',
  'is cut off': '{"model_type": "bert", "architect',
  'is a list': '[]',
  'is a number': '3',
  'is in UTF-16': Buffer.from('\ufeff{"model_type": "bert"}', 'utf16le'),
  'is in latin-1': Buffer.from('{"model_type": "b\u00e9rt"}', 'latin1'),
  'is a million lists deep': '['.repeat(1e6) + ']'.repeat(1e6),
};

const contents: HostileSource[] = ['config.json', 'tokenizer.json'].flatMap((file) =>
  Object.entries(CONTENTS).map(([is, content]) => ({ name: `${file} ${is}`, spoil: write(file, content) })),
);

const change = (file: string, changes: Readonly<Record<string, unknown>>) => (folder: string) => {
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }));
};

const many = <Value>(count: number, value: (index: number) => Value): Record<string, Value> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [index, value(index)]));

const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a thousand million labels': { id2label: undefined, num_labels: 1e9 },
  '200,000 labels': { id2label: many(200_000, (index) => `label ${index}`) },
  'half a label': { id2label: undefined, num_labels: 1.5 },
  'a label that is null': { id2label: { 0: 'a', 1: null } },
  'a label that is a list': { id2label: { 0: 'a', 1: [[]] } },
  'labels with a gap': { id2label: { 0: 'a', 7: 'b' } },
  'a label twice among 90,000': { id2label: many(90_000, (index) => `label ${index % 89_999}`) },
  'the labels __proto__': { id2label: JSON.parse('{"__proto__": "a", "0": "b"}') },
  'half a million architectures': { architectures: Array(5e5).fill({}) },
  'no family': { model_type: undefined },
  'the family constructor': { model_type: 'constructor' },
  'the family __proto__': { model_type: '__proto__' },
  'the class __proto__': { architectures: ['__proto__'] },
  'the class hasOwnProperty': { architectures: ['hasOwnProperty'] },
  'a hidden size of 10^15': { hidden_size: 1e15, num_attention_heads: 1 },
  'a thousand million layers': { num_hidden_layers: 1e9 },
  'no heads': { num_attention_heads: 0 },
  '7 heads': { num_attention_heads: 7 },
  'positions beyond numbers': { max_position_embeddings: 1e300 },
  'a vocabulary of 10^12': { vocab_size: 1e12 },
  'a decoder': { is_decoder: true },
  'weights of 4 bits': { quantization_config: { quant_method: 'bitsandbytes' } },
};

const TOKENIZERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'no model': { model: null },
  'a vocabulary of half a million lists': { model: { type: 'BPE', vocab: many(5e5, () => []), merges: [] } },
  'half a million tokens that are none': { added_tokens: Array(5e5).fill({}) },
  'a token id of 10^15': { added_tokens: [{ id: 1e15, content: 'x', special: false }] },
  'a negative token id': { added_tokens: [{ id: -1, content: 'x', special: false }] },
  'merges of unknown tokens': { model: { type: 'BPE', vocab: { a: 0 }, merges: ['b c'] } },
  'an unknown type': { model: { type: 'Oracle', vocab: { a: 0 } } },
  'a normaliser that is noise': { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } },
  'an expression that does not parse': {
    pre_tokenizer: { type: 'Split', pattern: { Regex: '((((' }, behavior: 'Isolated', invert: false },
  },
};

const changes = (
  file: string,
  table: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): HostileSource[] =>
  Object.entries(table).map(([has, changed]) => ({
    name: `${file} has ${has}`,
    spoil: change(file, changed),
  }));

const entry = (start: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - start) / 4],
  data_offsets: [start, end],
});
const length = (bytes: bigint) => {
  const header = Buffer.alloc(64);
  header.writeBigUInt64LE(bytes);
  return header;
};
const WEIGHTS: Readonly<Record<string, Uint8Array>> = {
  'are empty': Buffer.alloc(0),
  'have a header of 2^63 bytes': length(2n ** 63n),
  'have a header of 99 MB': length(99_000_000n),
  'have a header that is a list': safetensorsHeader([]),
  'have ranges that overlap': Buffer.concat([
    safetensorsHeader({ a: entry(0, 8), b: entry(4, 12) }),
    Buffer.alloc(12),
  ]),
  'have a negative range': safetensorsHeader({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }),
  'have a shape of 2^80': safetensorsHeader({
    a: { dtype: 'F32', shape: Array(8).fill(1024), data_offsets: [0, 4] },
  }),
  'have a type of numbers that is none': safetensorsHeader({
    a: { dtype: 'toString', shape: [], data_offsets: [0, 0] },
  }),
  'have tensors of another model': Buffer.concat([safetensorsHeader({ a: entry(0, 4) }), Buffer.alloc(4)]),
};

const weights: HostileSource[] = Object.entries(WEIGHTS).map(([are, content]) => ({
  name: `the weights ${are}`,
  spoil: write('model.safetensors', content),
}));

const index = (weight_map: unknown) => (folder: string) => {
  rmSync(join(folder, 'model.safetensors'));
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
};

const others: HostileSource[] = [
  { name: 'config.json of 200 GB', spoil: sparse('config.json', 200e9) },
  { name: 'a README.md of 200 GB', spoil: sparse('README.md', 200e9) },
  { name: 'a model_max_length of 1.5', spoil: change('tokenizer_config.json', { model_max_length: 1.5 }) },
  { name: 'a model_max_length below 0', spoil: change('tokenizer_config.json', { model_max_length: -1 }) },
  { name: 'a shard that leads out', spoil: index({ a: '../../secret.safetensors' }) },
  { name: 'a shard that is missing', spoil: index({ a: 'model-1.safetensors' }) },
  { name: 'an index of 300,000 numbers', spoil: index(Array(3e5).fill(1)) },
  { name: 'an index that is a text', spoil: index('a') },
  {
    name: '300,000 modules',
    task: 'feature-extraction',
    spoil: write('modules.json', JSON.stringify(Array(3e5).fill({}))),
  },
  {
    name: 'a module that leads out',
    task: 'feature-extraction',
    spoil: write('modules.json', '[{"path": "..", "type": "Pooling"}]'),
  },
  { name: 'a classifier in a pickle', spoil: write('model_head.pkl', 'x') },
  {
    name: 'an adapter beside the model',
    spoil: (folder) => {
      write('adapter_config.json', '{"peft_type": "LORA", "r": 1, "lora_alpha": 1}')(folder);
      write('adapter_model.safetensors', safetensorsHeader({}))(folder);
    },
  },
  {
    name: 'an adapter without a base',
    spoil: (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      write('adapter_config.json', '{"peft_type": "LORA", "r": 1, "lora_alpha": 1}')(folder);
    },
  },
  {
    name: 'weights in a pickle',
    spoil: (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      write('pytorch_model.bin', 'x')(folder);
    },
  },
  {
    name: 'weights in a pickle that calls os.system',
    spoil: (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      const call = pickle(global('os', 'system'), tuple(text('touch /tmp/owned')), REDUCE);
      writeFileSync(join(folder, 'pytorch_model.bin'), torchZip(call, []));
    },
  },
  {
    name: 'an index of pickles that leads out of the folder',
    spoil: (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      write('pytorch_model.bin.index.json', '{"weight_map": {"a": "../../etc/passwd"}}')(folder);
    },
  },
  {
    name: 'weights in a pickle with the names of others',
    spoil: (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      const saved = stateDict([['a', tensor({ key: '0', type: 'FloatStorage', length: 1, dims: [1] })]]);
      writeFileSync(
        join(folder, 'pytorch_model.bin'),
        torchZip(saved, [{ key: '0', size: 4, bytes: Buffer.alloc(4) }]),
      );
    },
  },
];

function sparse(file: string, bytes: number) {
  return (folder: string) => {
    const descriptor = openSync(join(folder, file), 'w');
    ftruncateSync(descriptor, bytes);
    closeSync(descriptor);
  };
}

/** It takes two gigabytes before it is stopped, so that it is left to long runs. */
const growing: HostileSource = {
  name: 'tokenizer.json has texts that grow to 15 thousand million characters',
  spoil: change('tokenizer.json', {
    normalizer: {
      type: 'Sequence',
      normalizers: Array(6).fill({ type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(50) }),
    },
  }),
};

export const HOSTILE_SOURCES: readonly HostileSource[] = [
  ...places,
  ...contents,
  ...changes('config.json', CONFIGS),
  ...changes('tokenizer.json', TOKENIZERS),
  ...weights,
  ...others,
  ...[growing].slice(0, cases({ short: 0, long: 1 })),
];
