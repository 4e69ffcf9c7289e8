import { execFile } from 'node:child_process';
import {
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import {
  ARCHITECTURES,
  buildRuntimeLayer,
  LayerError,
  RUNTIME_BUDGET_BYTES,
  runtimeLayerBytes,
} from '../../../layers/builders/src/runtime/index.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';
import { AARCH64, elfHeader, writeNativePackages, X86_64 } from './native-packages.ts';

const scratch = temporaryFolder();
let folders = 0;
const newFolder = () => join(scratch, `${folders++}`);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

describe('the runtime layer', () => {
  test('has the files for one architecture and nothing else', () => {
    const { folder } = buildRuntimeLayer('arm64', newFolder(), { modules: writeNativePackages(newFolder()) });
    const modules = 'nodejs/node_modules';
    expect(filesBelow(folder)).toEqual(
      [
        'onnxruntime-common/LICENSE',
        'onnxruntime-common/dist/cjs/index.js',
        'onnxruntime-common/dist/cjs/package.json',
        'onnxruntime-common/package.json',
        'onnxruntime-node/LICENSE',
        'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
        'onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node',
        'onnxruntime-node/dist/index.js',
        'onnxruntime-node/package.json',
        'tokenizers/LICENSE',
        'tokenizers/LICENSE-APACHE',
        'tokenizers/index.js',
        'tokenizers/package.json',
        'tokenizers/tokenizers.linux-arm64-gnu.node',
      ].map((path) => `${modules}/${path}`),
    );
  });

  test.each(ARCHITECTURES)('of the installed packages for %s stays within its budget', (architecture) => {
    const bytes = runtimeLayerBytes(architecture);
    expect(bytes).toBeGreaterThan(25_000_000);
    expect(bytes).toBeLessThanOrEqual(RUNTIME_BUDGET_BYTES[architecture]);
  });

  test('has a budget of 34 MB for arm64 and 55 MB for x64', () => {
    expect(RUNTIME_BUDGET_BYTES).toEqual({ arm64: 34_000_000, x64: 55_000_000 });
  });

  test('weighs what docs/reference/layers.md says', () => {
    const [arm64, x64] = ARCHITECTURES.map((architecture) =>
      (runtimeLayerBytes(architecture) / 1e6).toFixed(1),
    );
    expect(readFileSync('docs/reference/layers.md', 'utf8')).toContain(
      `| **all** | **${arm64} MB** | **${x64} MB** |`,
    );
  });

  test('is refused above its budget, with both sizes', () => {
    const modules = writeNativePackages(newFolder());
    truncateSync(join(modules, 'tokenizers/tokenizers.linux-arm64-gnu.node'), 34_000_001);
    expect(() => buildRuntimeLayer('arm64', newFolder(), { modules })).toThrow(
      /^The runtime layer for arm64 has 34\.0 MB unzipped; its budget is 34\.0 MB\. .+/,
    );
    expect(() => buildRuntimeLayer('x64', newFolder(), { modules })).not.toThrow();
  });

  test.each([
    'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
    'tokenizers/tokenizers.linux-arm64-gnu.node',
    'tokenizers',
    'onnxruntime-common/dist/cjs',
  ])('is refused in one line where the installed packages lack %s', (path) => {
    const modules = writeNativePackages(newFolder());
    rmSync(join(modules, path), { recursive: true });
    const build = () => buildRuntimeLayer('arm64', newFolder(), { modules });
    expect(build).toThrow(LayerError);
    expect(build).toThrow(/^The runtime layer for linux arm64 cannot be built: .+: npm ci --ignore-scripts$/);
  });

  test.each([
    ['for x64', X86_64],
    ['no 64-bit Linux binary', elfHeader(40)],
    ['no 64-bit Linux binary', Buffer.concat([Buffer.from('MZ'), AARCH64.subarray(2)])],
    ['no 64-bit Linux binary', AARCH64.subarray(0, 20)],
    ['no 64-bit Linux binary', Buffer.from(AARCH64).fill(1, 4, 5)],
    ['no 64-bit Linux binary', Buffer.from(AARCH64).fill(2, 5, 6)],
  ])('is refused where a binary for arm64 is %s', (reason, header) => {
    const modules = writeNativePackages(newFolder());
    writeFileSync(join(modules, 'tokenizers/tokenizers.linux-arm64-gnu.node'), header);
    const build = () => buildRuntimeLayer('arm64', newFolder(), { modules });
    expect(build).toThrow(expect.objectContaining({ code: 'NATIVE_BINARY_WRONG' }));
    expect(build).toThrow(new RegExp(`tokenizers\\.linux-arm64-gnu\\.node is ${reason}`));
  });
});

describe('a build', () => {
  test('gives the same zip from other folders, at other times, in other time zones', () => {
    const zone = process.env.TZ;
    const [early, late] = [writeNativePackages(newFolder()), writeNativePackages(newFolder(), 'backward')];
    for (const file of filesBelow(late)) utimesSync(join(late, file), new Date(0), new Date('2031-05-05'));
    try {
      process.env.TZ = 'Pacific/Kiritimati';
      const first = buildRuntimeLayer('arm64', newFolder(), { modules: early });
      process.env.TZ = 'America/St_Johns';
      const second = buildRuntimeLayer('arm64', newFolder(), { modules: late });
      expect(readFileSync(second.zip).equals(readFileSync(first.zip))).toBe(true);
      expect(second.sha256).toBe(first.sha256);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test('has the same files in the folder and in the zip, sorted, readable by everybody', () => {
    const { folder, zip, bytes, zippedBytes } = buildRuntimeLayer('x64', newFolder(), {
      modules: writeNativePackages(newFolder()),
    });
    const content = readFileSync(zip);
    const unzipped = unzipSync(content);
    expect(Object.keys(unzipped)).toEqual(filesBelow(folder));
    for (const [path, file] of Object.entries(unzipped)) {
      expect(readFileSync(join(folder, path)).equals(file), path).toBe(true);
    }
    expect(zippedBytes).toBe(content.length);
    expect(bytes).toBe(Object.values(unzipped).reduce((sum, file) => sum + file.length, 0));
    expect(new Set(unixModes(content))).toEqual(new Set([0o100644]));
  });

  test('is used again when nothing changed, and made anew when something did', () => {
    const [modules, outdir] = [writeNativePackages(newFolder()), newFolder()];
    const build = () => buildRuntimeLayer('arm64', outdir, { modules });
    const first = build();
    const written = statSync(first.zip).mtimeMs;
    expect(build()).toEqual(first);
    expect(statSync(first.zip).mtimeMs).toBe(written);

    writeFileSync(join(modules, 'tokenizers/index.js'), 'module.exports = 2;\n');
    const second = build();
    expect(second.sha256).not.toBe(first.sha256);
    const script = 'nodejs/node_modules/tokenizers/index.js';
    expect(readFileSync(join(second.folder, script), 'utf8')).toBe('module.exports = 2;\n');
  });

  test.each([
    ['its zip is damaged', (zip: string) => writeFileSync(zip, 'PK')],
    ['a file is gone', (_: string, folder: string) => rmSync(join(folder, 'nodejs'), { recursive: true })],
    ['its record is damaged', (zip: string) => writeFileSync(join(zip, '../build.json'), '{"zippedBytes":')],
  ])('is made anew when %s', (_, damage) => {
    const [modules, outdir] = [writeNativePackages(newFolder()), newFolder()];
    const first = buildRuntimeLayer('arm64', outdir, { modules });
    const files = filesBelow(outdir);
    damage(first.zip, first.folder);
    expect(buildRuntimeLayer('arm64', outdir, { modules })).toEqual(first);
    expect(filesBelow(outdir)).toEqual(files);
    expect(unzipSync(readFileSync(first.zip))).not.toEqual({});
  });
});

test('builds in several processes at once give one layer', async () => {
  const [modules, outdir] = [writeNativePackages(newFolder()), newFolder()];
  const index = pathToFileURL('layers/builders/src/runtime/index.ts').href;
  const script = `import { buildRuntimeLayer } from ${JSON.stringify(index)};
    console.log(JSON.stringify(buildRuntimeLayer('arm64', ${JSON.stringify(outdir)}, { modules: ${JSON.stringify(modules)} })));`;
  const build = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const outputs = await Promise.all([build(), build(), build()]);
  const built = buildRuntimeLayer('arm64', outdir, { modules });
  expect(outputs.map(({ stdout }) => JSON.parse(stdout))).toEqual([built, built, built]);
  expect(readdirSync(outdir)).toHaveLength(1);
});

/** The modes of the entries, from the central directory (APPNOTE.TXT of PKWARE, 4.3.12 and 4.4.15). */
function unixModes(zip: Buffer): number[] {
  const modes: number[] = [];
  const entry = Buffer.from('PK\x01\x02', 'latin1');
  for (let at = zip.indexOf(entry); at >= 0; at = zip.indexOf(entry, at + 1)) {
    expect(zip[at + 5]).toBe(3);
    modes.push(zip.readUInt32LE(at + 38) >>> 16);
  }
  return modes;
}
