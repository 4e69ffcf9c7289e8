/** A `node_modules` folder like the installed one in its files, with tiny stand-ins for the binaries. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The first bytes of a 64-bit little-endian ELF file; `machine` as elf.h numbers it (man 5 elf). */
export function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header[4] = 2;
  header[5] = 1;
  header.writeUInt16LE(machine, 18);
  return header;
}

export const AARCH64 = elfHeader(183);
export const X86_64 = elfHeader(62);

const TEXTS = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/README.md',
  'onnxruntime-node/dist/index.js',
  'onnxruntime-node/dist/index.js.map',
  'onnxruntime-node/dist/index.d.ts',
  'onnxruntime-node/lib/index.ts',
  'onnxruntime-node/script/install.js',
  'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib',
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
  'onnxruntime-common/package.json',
  'onnxruntime-common/dist/cjs/package.json',
  'onnxruntime-common/dist/cjs/index.js',
  'onnxruntime-common/dist/esm/index.js',
  'onnxruntime-common/lib/index.ts',
  'tokenizers/package.json',
  'tokenizers/LICENSE',
  'tokenizers/README.md',
  'tokenizers/index.js',
  'tokenizers/index.d.ts',
  'tokenizers/tokenizers.darwin-arm64.node',
];

const BINARIES = {
  'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1': AARCH64,
  'onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node': AARCH64,
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1': X86_64,
  'onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node': X86_64,
  'tokenizers/tokenizers.linux-arm64-gnu.node': AARCH64,
  'tokenizers/tokenizers.linux-arm64-musl.node': AARCH64,
  'tokenizers/tokenizers.linux-x64-gnu.node': X86_64,
  'tokenizers/tokenizers.linux-x64-musl.node': X86_64,
};

/** Writes the packages below `modules`, in the order of the names or the other way round. */
export function writeNativePackages(modules: string, order: 'forward' | 'backward' = 'forward'): string {
  const files = [
    ...TEXTS.map((path) => [path, `content of ${path}\n`] as const),
    ...Object.entries(BINARIES),
  ];
  for (const [path, content] of order === 'forward' ? files : files.reverse()) {
    mkdirSync(dirname(join(modules, path)), { recursive: true });
    writeFileSync(join(modules, path), content);
  }
  return modules;
}
