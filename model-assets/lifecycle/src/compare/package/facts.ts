/** Compares two packages as they lie on the disk: manifest, labels, text processing, files. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import {
  archiveTextFiles,
  generationTextFiles,
  type PackageFile,
  type PackageManifest,
  servedFiles,
  sumOfBytes,
} from '@pilotlight/model-format';
import { leavesOf } from '../answers/json.ts';
import type { AnsweredBy, Side } from '../run/side.ts';
import { describeLines, describeTokenizers } from './tokenizers.ts';

/** A setting of the manifest that differs, as JSON; nothing where one has none. */
export interface SettingDifference {
  readonly path: string;
  readonly a?: string;
  readonly b?: string;
}

export interface PackageComparison {
  readonly settings: readonly SettingDifference[];
  /** Sentences; none where the labels are the same, in the same order. */
  readonly labels: readonly string[];
  /** Sentences on the files by which text becomes tokens; none where every text becomes the same tokens. */
  readonly tokenizer: readonly string[];
  /** Bytes of the files that serving reads. */
  readonly bytes: readonly [a: number, b: number];
  /** Served files whose bytes are others, by their paths. */
  readonly files: readonly { readonly path: string; readonly a?: number; readonly b?: number }[];
}

/** Compares the manifests, and of packages that are here, the files that their tokenizers are read from. */
export async function comparePackages(
  a: AnsweredBy & Partial<Pick<Side, 'folder'>>,
  b: AnsweredBy & Partial<Pick<Side, 'folder'>>,
): Promise<PackageComparison> {
  const [filesA, filesB] = [a, b].map(servedBy) as [readonly PackageFile[], readonly PackageFile[]];
  return {
    settings: compareSettings(settingsOf(a), settingsOf(b)),
    labels: compareLabels(labelsOf(a.manifest), labelsOf(b.manifest)),
    tokenizer: await compareTextFiles(a, b),
    bytes: [sumOfBytes(filesA), sumOfBytes(filesB)],
    files: compareFiles(filesA, filesB),
  };
}

function servedBy({ manifest, variant }: AnsweredBy): readonly PackageFile[] {
  return servedFiles(manifest, variantOf(manifest, variant));
}

function variantOf(manifest: PackageManifest, name: string) {
  if (manifest.runtime === 'transformers.js') return undefined;
  const variants: Readonly<Record<string, { readonly files: PackageFile[] }>> = manifest.variants;
  return variants[name];
}

/** Parts of a variant that are no settings: files, which are compared by their sums, and figures of the machine that packaged the model. */
const NO_SETTINGS = [
  'files',
  'graphs',
  'againstFp32',
  'speedup',
  'speed',
  'inferMsPerToken',
  'largestDifference',
];

/** What says how the package is served: without names, sums, figures, and the other variants. */
function settingsOf({ manifest, variant }: AnsweredBy): ReadonlyMap<string, string> {
  const { name: _, version: __, goldens: ___, modelCard: ____, source, toolchain: made, ...rest } = manifest;
  const own: Record<string, unknown> = { ...rest, source: source.id, toolchain: made };
  for (const left of ['variants', 'quality', 'labels', 'vocabulary', 'hub', 'config', 'files'])
    delete own[left];
  const settings = Object.entries(variantOf(manifest, variant) ?? {}).filter(
    ([name]) => !NO_SETTINGS.includes(name),
  );
  const leaves = leavesOf({ ...own, variant: Object.fromEntries(settings) });
  return new Map([...leaves].filter(([path]) => !/(^|\.)(sha256|bytes|path)$/.test(path)));
}

function compareSettings(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): readonly SettingDifference[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path))
    .map((path) => {
      const [one, other] = [a.get(path), b.get(path)];
      return { path, ...(one !== undefined && { a: one }), ...(other !== undefined && { b: other }) };
    });
}

const labelsOf = (manifest: PackageManifest): readonly string[] =>
  manifest.runtime === 'onnx' ? manifest.labels : [];

function compareLabels(a: readonly string[], b: readonly string[]): readonly string[] {
  const quote = (labels: readonly string[]) => labels.map((label) => JSON.stringify(label)).join(', ');
  const lost = a.filter((label) => !b.includes(label));
  const added = b.filter((label) => !a.includes(label));
  const moved = a.filter((label, index) => b.includes(label) && b[index] !== label);
  return [
    ...(lost.length > 0 ? [`only in A: ${quote(lost)}`] : []),
    ...(added.length > 0 ? [`only in B: ${quote(added)}`] : []),
    ...(moved.length > 0 && lost.length + added.length === 0
      ? [`the order is another one: ${quote(moved)} stand for other outputs`]
      : []),
  ];
}

/** The files by which text becomes tokens; a divided tokenizer.json is compared as the whole that it was. */
function textFilesOf(manifest: PackageManifest): readonly PackageFile[] {
  switch (manifest.runtime) {
    case 'onnx':
      return [manifest.textProcessing.file];
    case 'generation':
      return generationTextFiles(manifest);
    case 'allennlp':
      return archiveTextFiles(manifest);
    case 'transformers.js':
      return manifest.files.filter(({ path }) => /(^|\/)(tokenizer[^/]*\.json|vocab[^/]*)$/.test(path));
  }
}

async function compareTextFiles(
  a: AnsweredBy & Partial<Pick<Side, 'folder'>>,
  b: AnsweredBy & Partial<Pick<Side, 'folder'>>,
): Promise<readonly string[]> {
  const [filesA, filesB] = [a, b].map(({ manifest }) => textFilesOf(manifest)) as [
    readonly PackageFile[],
    readonly PackageFile[],
  ];
  const said: string[] = [];
  for (const file of filesA) {
    const other = filesB.find(({ path }) => path === file.path);
    if (!other) said.push(`${file.path} is only in A`);
    else if (other.sha256 !== file.sha256)
      said.push(...(await compareTextFile(file.path, a.folder, b.folder)));
  }
  const known = new Set(filesA.map(({ path }) => path));
  return [
    ...said,
    ...filesB.filter(({ path }) => !known.has(path)).map(({ path }) => `${path} is only in B`),
  ];
}

async function compareTextFile(
  path: string,
  folderA: string | undefined,
  folderB: string | undefined,
): Promise<readonly string[]> {
  if (folderA === undefined || folderB === undefined)
    return [
      `${path} has another sha256; one of the packages is not here, so that its content cannot be told`,
    ];
  const read = (folder: string) => readFile(join(folder, path), 'utf8');
  const [a, b] = [await read(folderA), await read(folderB)];
  const isTokenizer = /tokenizer\.json$/.test(path);
  const said = isTokenizer
    ? describeTokenizers(a, b)
    : extname(path) === '.txt'
      ? describeLines(a, b)
      : compareSettings(leavesOf(tryJson(a)), leavesOf(tryJson(b))).map(
          ({ path: at, a: one = 'nothing', b: other = 'nothing' }) => `${at}: ${one} in A, ${other} in B`,
        );
  return said.map((sentence) => `${path}: ${sentence}`);
}

function tryJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content.length;
  }
}

function compareFiles(a: readonly PackageFile[], b: readonly PackageFile[]): PackageComparison['files'] {
  const [ofA, ofB] = [a, b].map((files) => new Map(files.map((file) => [file.path, file])));
  return [...new Set([...(ofA?.keys() ?? []), ...(ofB?.keys() ?? [])])]
    .filter((path) => ofA?.get(path)?.sha256 !== ofB?.get(path)?.sha256)
    .map((path) => {
      const [one, other] = [ofA?.get(path)?.bytes, ofB?.get(path)?.bytes];
      return { path, ...(one !== undefined && { a: one }), ...(other !== undefined && { b: other }) };
    });
}
