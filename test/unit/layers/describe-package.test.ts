import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { describe, expect, test } from 'vitest';
import { describePackage } from '../../../layers/builders/src/models/index.ts';
import { manifestOf } from '../engine/fakes.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';
import { writePackage, writeTwoVariants } from './model-packages.ts';

const scratch = temporaryFolder();
let folders = 0;
const newFolder = () => join(scratch, `${folders++}`);

function refusalOf(act: () => unknown): PilotlightError {
  try {
    act();
  } catch (error) {
    if (PilotlightError.is(error)) return error;
    throw error;
  }
  throw new TypeError('nothing was refused');
}

describe('the description of a package', () => {
  test('for a GPU is that of the variant which is served there, and of the one to fall back to', () => {
    const { int8 } = manifestOf().variants;
    if (int8 === undefined) throw new TypeError('the fake manifest has an int8 variant');
    const variant = (name: string, changes: object) => ({
      ...int8,
      ...changes,
      graphs: { model: { ...int8.graphs.model, file: `${name}/model.onnx` } },
      files: [{ path: `${name}/model.onnx`, bytes: 1, sha256: '' }],
    });
    const packages = newFolder();
    const fp16 = variant('fp16', { scheme: 'fp16', tier: 'gpu' });
    writePackage(packages, { variants: { int8, fp16, fp32: variant('fp32', { scheme: 'fp32' }) } });
    const onGpu = describePackage(packages, { name: 'parity' }, { gpu: true });
    expect(onGpu).toMatchObject({ variant: 'fp16', tier: 'gpu' });
    expect(onGpu.files.map(({ path }) => path)).toEqual([
      'MODEL_CARD.md',
      'fp16/model.onnx',
      'goldens.jsonl',
      'int8/model.onnx',
      'int8/weights.bin',
      'model.json',
      'tokenizer.json',
    ]);
    expect(onGpu.bytes).toBe(onGpu.files.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(describePackage(packages, { name: 'parity' }).variant).toBe('int8');
  });

  test('is that of the files which the served variant takes', () => {
    const { int8 } = manifestOf().variants;
    if (int8 === undefined) throw new TypeError('the fake manifest has an int8 variant');
    const graphs = { model: { ...int8.graphs.model, file: 'fp32/model.onnx' } };
    const fp32 = {
      ...int8,
      graphs,
      files: [{ ...int8.files[0], path: 'fp32/model.onnx', bytes: 1, sha256: '' }],
    };
    const packages = newFolder();
    writePackage(packages, { variants: { int8, fp32 } });
    const description = describePackage(packages, { name: 'parity' });
    expect(description).toMatchObject({ name: 'parity', version: '1.0.0', variant: 'int8', tier: 'lambda' });
    expect(description.files.map(({ path }) => path)).toEqual([
      'MODEL_CARD.md',
      'goldens.jsonl',
      'int8/model.onnx',
      'int8/weights.bin',
      'model.json',
      'tokenizer.json',
    ]);
    const other = describePackage(packages, { name: 'parity' }, { variant: 'fp32' });
    expect(other.files.map(({ path }) => path)).toContain('fp32/model.onnx');
    expect(other.files.map(({ path }) => path)).not.toContain('int8/model.onnx');
  });

  test('has the files of the variants that rules lead to beside it, of this version', () => {
    const packages = newFolder();
    writeTwoVariants(packages);
    const beside = [
      { name: 'parity', variant: 'fp32' },
      { name: 'parity', version: '1.0.0', variant: 'int8' },
      { name: 'parity', version: '2.0.0', variant: 'fp16' },
      { name: 'other', variant: 'int4' },
    ];
    const alone = describePackage(packages, { name: 'parity' });
    const { variant, tier, files, bytes } = describePackage(packages, { name: 'parity' }, { beside });
    expect({ variant, tier }).toEqual({ variant: 'int8', tier: 'lambda' });
    const more = files.filter(({ path }) => !alone.files.some((file) => file.path === path));
    expect(more.map(({ path }) => path)).toEqual(['fp32/model.onnx', 'fp32/weights.bin']);
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    expect(bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0));
    const unknown = [{ name: 'parity', variant: 'fp16' }];
    const refusal = refusalOf(() => describePackage(packages, { name: 'parity' }, { beside: unknown }));
    expect(refusal.message).toContain('Model parity@1.0.0 has no variant fp16; it has int8, fp32.');
  });

  test('takes the parts of a divided tokenizer in place of the whole', () => {
    const { textProcessing } = manifestOf();
    const part = (path: string) => ({ path, bytes: 0, sha256: '' });
    const split = { rest: part('tokenizer/rest.json'), vocabulary: [part('tokenizer/vocab.txt')] };
    const packages = newFolder();
    writePackage(packages, { textProcessing: { ...textProcessing, split } });
    const paths = describePackage(packages, { name: 'parity' }).files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['tokenizer/rest.json', 'tokenizer/vocab.txt']));
    expect(paths).not.toContain('tokenizer.json');
  });

  test('has the sizes and sha256 that sha256sum gives', () => {
    const { files, bytes, manifestSha256 } = describePackage('model-assets/packages', { name: 'sentiment' });
    expect(bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0));
    expect(files.find(({ path }) => path === 'model.json')).toEqual({
      path: 'model.json',
      bytes: 3947,
      sha256: manifestSha256,
    });
    // sha256sum model-assets/packages/sentiment/1.0.1/tokenizer/vocab.txt
    expect(files.find(({ path }) => path === 'tokenizer/vocab.txt')?.sha256).toBe(
      'b6d98b4d651537e968e202a4497e1f8de133a58fdb76f8ad8e5f76e99543ab18',
    );
  });

  test('is that of the highest version, unless one is named', () => {
    const packages = newFolder();
    for (const version of ['1.9.0', '1.10.0', '1.10.0-rc.1']) writePackage(packages, { version });
    expect(describePackage(packages, { name: 'parity' }).version).toBe('1.10.0');
    expect(describePackage(packages, { name: 'parity', version: '1.9.0' }).version).toBe('1.9.0');
  });

  test('has the tier of the catalog beside the packages, else that of the manifest', () => {
    const packages = join(newFolder(), 'packages');
    writePackage(packages);
    expect(describePackage(packages, { name: 'parity' }).tier).toBe('lambda');
    const catalog = (version: string) => JSON.stringify({ models: { parity: { version, tier: 'gpu' } } });
    writeFileSync(join(packages, '../catalog.json'), catalog('1.0.0'));
    expect(describePackage(packages, { name: 'parity' }).tier).toBe('gpu');
    writeFileSync(join(packages, '../other.json'), catalog('2.0.0'));
    expect(
      describePackage(packages, { name: 'parity' }, { catalog: join(packages, '../other.json') }).tier,
    ).toBe('lambda');
    const catalogOfNothing = join(packages, '../none.json');
    expect(() => describePackage(packages, { name: 'parity' }, { catalog: catalogOfNothing })).toThrow(
      expect.objectContaining({ code: 'CATALOG_INVALID' }),
    );
  });

  test('follows a link to the package, which may lie elsewhere as a whole', () => {
    const [packages, elsewhere] = [newFolder(), newFolder()];
    writePackage(elsewhere);
    mkdirSync(packages);
    symlinkSync(join(elsewhere, 'parity'), join(packages, 'parity'));
    expect(describePackage(packages, { name: 'parity' }).version).toBe('1.0.0');
  });
});

describe('a package is refused in one line that names the model and says what to do', () => {
  test.each<[string, string, (folder: string) => void]>([
    ['PACKAGE_CORRUPT', 'int8/weights.bin is missing', (folder) => rmSync(join(folder, 'int8/weights.bin'))],
    ['PACKAGE_CORRUPT', 'goldens.jsonl is missing', (folder) => rmSync(join(folder, 'goldens.jsonl'))],
    ['PACKAGE_CORRUPT', 'model.json is missing', (folder) => rmSync(join(folder, 'model.json'))],
    [
      'PACKAGE_CORRUPT',
      'int8/weights.bin has 10 bytes instead of',
      (folder) => truncateSync(join(folder, 'int8/weights.bin'), 10),
    ],
    [
      'PACKAGE_CORRUPT',
      'the sha256 of int8/weights.bin differs',
      (folder) => {
        const path = join(folder, 'int8/weights.bin');
        writeFileSync(path, readFileSync(path, 'utf8').toUpperCase());
      },
    ],
    [
      'PACKAGE_CORRUPT',
      'int8/weights.bin is a link that leads out of the package',
      (folder) => {
        renameSync(join(folder, 'int8/weights.bin'), `${folder}.bin`);
        symlinkSync(`${folder}.bin`, join(folder, 'int8/weights.bin'));
      },
    ],
    [
      'PACKAGE_CORRUPT',
      'is a link that leads out of the package',
      (folder) => {
        cpSync(join(folder, 'int8'), `${folder}-int8`, { recursive: true });
        rmSync(join(folder, 'int8'), { recursive: true });
        symlinkSync(`${folder}-int8`, join(folder, 'int8'));
      },
    ],
    [
      'PACKAGE_CORRUPT',
      'int8/weights.bin is missing',
      (folder) => {
        rmSync(join(folder, 'int8/weights.bin'));
        mkdirSync(join(folder, 'int8/weights.bin'));
      },
    ],
    [
      'PACKAGE_INVALID',
      'its model.json is not JSON',
      (folder) => truncateSync(join(folder, 'model.json'), 20),
    ],
    [
      'PACKAGE_INVALID',
      'its manifest is not valid at task',
      (folder) => change(folder, '"text-classification"', '"text-clasification"'),
    ],
    [
      'PACKAGE_INVALID',
      'its manifest is that of other@1.0.0',
      (folder) => change(folder, '"name":"parity"', '"name":"other"'),
    ],
  ])('%s: %s', (code, reason, damage) => {
    const packages = newFolder();
    damage(writePackage(packages));
    const { code: actual, message } = refusalOf(() => describePackage(packages, { name: 'parity' }));
    expect(actual).toBe(code);
    expect(message).toContain('Model parity@1.0.0 is refused: ');
    expect(message).toContain(reason);
    expect(message).toMatch(/^[^\n]+: pilotlight models add --help$/);
  });

  test.each([
    [{ name: 'sentimant' }, 'There is no model "sentimant" in', 'there are: other, parity'],
    [
      { name: 'parity', version: '2.0.0' },
      'There is no version 2.0.0 of model parity in',
      'there are: 1.0.0',
    ],
    [{ name: '../parity' }, 'There is no model "../parity" in', 'there are: other, parity'],
    [{ name: 'parity', version: '../../other/1.0.0' }, 'There is no version', 'there are: 1.0.0'],
  ])('MODEL_NOT_FOUND: %j', (wanted, what, choice) => {
    const packages = newFolder();
    writePackage(packages);
    writePackage(packages, { name: 'other' });
    const { code, message } = refusalOf(() => describePackage(packages, wanted));
    expect(code).toBe('MODEL_NOT_FOUND');
    expect(message).toContain(what);
    expect(message).toContain(choice);
  });

  test('MODEL_NOT_FOUND for a folder that is not there', () => {
    const { code, message } = refusalOf(() => describePackage('/nowhere', { name: 'parity' }));
    expect({ code, message }).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('there are: none'),
    });
  });

  test('a variant that it has not', () => {
    const packages = newFolder();
    writePackage(packages);
    const refusal = refusalOf(() => describePackage(packages, { name: 'parity' }, { variant: 'fp16' }));
    expect(refusal.message).toContain('Model parity@1.0.0 has no variant fp16; it has int8.');
  });
});

function change(folder: string, from: string, to: string): void {
  const path = join(folder, 'model.json');
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}
