/** Finds the .onnx file of a source, and the folder that its config.json is in. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ToolchainError } from '../errors.ts';
import { SourceFolder } from './folder.ts';

/**
 * Names that exporters give (optimum, transformers.js, sentence-transformers), the most exact first: fp32 as it was exported, fp32 with fused
 * operators, half precision, 8 bits, 4 bits.
 */
const USUAL_NAMES = [
  'model',
  ...['model_optimized', 'model_O3', 'model_O2', 'model_O1'],
  ...['model_fp16', 'model_bf16', 'model_O4'],
  ...['model_quantized', 'model_int8', 'model_uint8', 'model_qint8_avx512_vnni', 'model_qint8_avx512'],
  ...['model_quint8_avx2', 'model_qint8_arm64'],
  ...['model_q4', 'model_q4f16', 'model_bnb4'],
].map((name) => `${name}.onnx`);

/** The folders of a source that exports are looked for in. */
const FOLDERS = ['.', 'onnx'] as const;

export interface LocatedSource {
  /** Folder of config.json and the tokenizer. */
  readonly folder: string;
  /** The .onnx file that the caller means, relative to the folder. */
  readonly file?: string;
}

/**
 * Where a source is, if `path` is an .onnx file, a folder of them below the folder of config.json, or if `file` names one. Any
 * other path is the folder itself. Throws SOURCE_NOT_FOUND, with what there is, where there is no such file.
 */
export function locateSource(path: string, file: string | undefined): LocatedSource {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder)
    return path.endsWith('.onnx') && existsSync(path) ? relativeToHome(resolve(path)) : { folder: path };
  if (file !== undefined && !file.endsWith('.onnx')) {
    throw new ToolchainError('SOURCE_NOT_FOUND', `--file names an .onnx file, which '${file}' is not.`);
  }
  if (file !== undefined) {
    const found = findNamed(path, file);
    return isHome(path) ? { folder: path, file: found } : relativeToHome(resolve(path, found));
  }
  if (isHome(path) || !isHome(dirname(resolve(path)))) return { folder: path };
  const chosen = chooseExport(listExports(new SourceFolder(path), ['.']));
  return chosen === undefined ? { folder: path } : relativeToHome(resolve(path, chosen));
}

function findNamed(path: string, file: string): string {
  const found = FOLDERS.map((folder) => join(folder, file)).find((name) => existsSync(join(path, name)));
  if (found !== undefined) return found;
  const has = listExports(new SourceFolder(path)).join(', ') || 'no .onnx file';
  throw new ToolchainError('SOURCE_NOT_FOUND', `'${basename(path)}' has no file '${file}'. It has ${has}.`);
}

/** The export beside its config.json, or one folder below it. */
function relativeToHome(path: string): LocatedSource {
  const own = dirname(path);
  const above = dirname(own);
  const home =
    [own, above].find((folder) => isHome(folder) && hasTokenizer(folder)) ?? [own, above].find(isHome);
  if (home !== above) return { folder: own, file: basename(path) };
  return { folder: above, file: `${basename(own)}/${basename(path)}` };
}

function isHome(folder: string): boolean {
  return existsSync(join(folder, 'config.json'));
}

function hasTokenizer(folder: string): boolean {
  return ['tokenizer.json', 'tokenizer_config.json'].some((file) => existsSync(join(folder, file)));
}

/** The .onnx files of a folder and of onnx/ in it, by their paths in the folder, sorted. */
export function listExports(
  folder: Pick<SourceFolder, 'list'>,
  below: readonly string[] = FOLDERS,
): readonly string[] {
  return below.flatMap((name) => {
    const files = folder.list(name).filter((file) => file.endsWith('.onnx'));
    return files.map((file) => (name === '.' ? file : `${name}/${file}`));
  });
}

/**
 * The export to take of several: the first of the usual names, or the only one. Undefined where there is none. Throws
 * SOURCE_INVALID where the names do not say which.
 */
export function chooseExport(files: readonly string[]): string | undefined {
  const usual = USUAL_NAMES.flatMap((name) => files.filter((file) => basename(file) === name));
  const [only, another] = files;
  if (usual[0] !== undefined || another === undefined) return usual[0] ?? only;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `There are several .onnx files: ${files.join(', ')}. Say which to take with --file.`,
  );
}
