import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import {
  chooseExport,
  listExports,
  locateSource,
} from '../../../model-assets/toolchain/src/sources/onnx-files.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = join(temporaryFolder(), 'repo');

function write(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '{}');
  }
}

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
});

describe('the export that is taken of several', () => {
  it.each([
    ['model.onnx', ['model_quantized.onnx', 'onnx/model_O1.onnx']],
    ['model_optimized.onnx', ['model_quantized.onnx', 'model_fp16.onnx']],
    ['model_O2.onnx', ['model_O4.onnx', 'model_O1.onnx']],
    ['model_fp16.onnx', ['model_quantized.onnx', 'model_q4.onnx', 'model_q4f16.onnx']],
    ['model_quantized.onnx', ['model_int8.onnx', 'model_uint8.onnx', 'model_q4.onnx']],
    ['model_int8.onnx', ['model_uint8.onnx', 'model_bnb4.onnx']],
    ['model_qint8_avx512_vnni.onnx', ['model_qint8_arm64.onnx', 'model_quint8_avx2.onnx']],
  ])('is %s before %j', (first, others) => {
    expect(chooseExport([...others, first])).toBe(first);
  });

  it('is the one beside config.json before the same name in onnx/', () => {
    write('model_fp16.onnx', 'onnx/model_fp16.onnx');
    expect(listExports(new SourceFolder(root))).toEqual(['model_fp16.onnx', 'onnx/model_fp16.onnx']);
    expect(chooseExport(listExports(new SourceFolder(root)))).toBe('model_fp16.onnx');
  });

  it('is the only one, whatever its name, and none where there is none', () => {
    expect(chooseExport(['paraphrase.onnx'])).toBe('paraphrase.onnx');
    expect(chooseExport([])).toBeUndefined();
  });

  it('has to be named where no name is usual: the message lists what there is', () => {
    expect(() => chooseExport(['decoder.onnx', 'onnx/encoder.onnx'])).toThrow(
      'There are several .onnx files: decoder.onnx, onnx/encoder.onnx. Say which to take with --file.',
    );
  });
});

describe('a source', () => {
  it('is a folder as it is, unless config.json is one folder up and the export in it', () => {
    write('config.json', 'onnx/model_fp16.onnx', 'onnx/model_q4.onnx');
    expect(locateSource(root, undefined)).toEqual({ folder: root });
    expect(locateSource(join(root, 'onnx'), undefined)).toEqual({
      folder: root,
      file: 'onnx/model_fp16.onnx',
    });
    expect(locateSource(join(root, 'other'), undefined)).toEqual({ folder: join(root, 'other') });
  });

  it('may be an .onnx file, with config.json beside it or one folder up', () => {
    write('config.json', 'onnx/a.onnx', 'b.onnx');
    expect(locateSource(join(root, 'onnx/a.onnx'), undefined)).toEqual({ folder: root, file: 'onnx/a.onnx' });
    expect(locateSource(join(root, 'b.onnx'), undefined)).toEqual({ folder: root, file: 'b.onnx' });
    write('onnx/config.json');
    expect(locateSource(join(root, 'onnx/a.onnx'), undefined)).toEqual({
      folder: join(root, 'onnx'),
      file: 'a.onnx',
    });
    write('tokenizer.json');
    expect(locateSource(join(root, 'onnx/a.onnx'), undefined)).toEqual({ folder: root, file: 'onnx/a.onnx' });
  });

  it('has the file that --file names, in it or in onnx/ in it', () => {
    write('config.json', 'onnx/model_q4.onnx');
    for (const file of ['model_q4.onnx', 'onnx/model_q4.onnx']) {
      expect(locateSource(root, file)).toEqual({ folder: root, file: 'onnx/model_q4.onnx' });
    }
    write('onnx/int8/model.onnx');
    expect(locateSource(root, 'onnx/int8/model.onnx')).toEqual({
      folder: root,
      file: 'onnx/int8/model.onnx',
    });
    expect(locateSource(join(root, 'onnx'), 'model_q4.onnx')).toEqual({
      folder: root,
      file: 'onnx/model_q4.onnx',
    });
  });

  it('is refused where --file names nothing, with what there is', () => {
    write('config.json', 'onnx/model_q4.onnx');
    expect(() => locateSource(root, 'model_q8.onnx')).toThrow(
      "'repo' has no file 'model_q8.onnx'. It has onnx/model_q4.onnx.",
    );
    expect(() => locateSource(root, 'config.json')).toThrow("which 'config.json' is not");
  });
});
