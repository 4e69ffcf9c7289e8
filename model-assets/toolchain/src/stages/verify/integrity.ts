/** Checks that a package on disk is what its manifest says: files, sums, vocabulary, labels. */
import { join } from 'node:path';
import { refuseGrowth } from '@pilotlight/engine/internal/tokenizer/refuse-growth';
import { splitIsWhole } from '@pilotlight/engine/internal/tokenizer/split-is-whole';
import {
  digestFile,
  type FileDigest,
  findFault,
  findOtherFile,
  MANIFEST_FILE,
  type OnnxManifest,
  type PackageFile,
  packageFiles,
  readRegularFile,
  resolveInside,
  sidecarFiles,
  type Variant,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { ToolchainError } from '../../errors.ts';
import { type OnnxGraph, parseModel } from '../../graph/onnx.ts';
import { highestTokenId } from './highest-token-id.ts';

/**
 * Throws VERIFY_FAILED for a file that is missing, differs, or that the manifest does not name; for a
 * divided tokenizer that is not the whole one, or that makes texts very much longer; for a token
 * without a row in the embeddings; for a number of labels that is not the number of logits.
 */
export async function verifyIntegrity(folder: string, manifest: OnnxManifest): Promise<void> {
  const variants = Object.values(manifest.variants);
  const { textProcessing } = manifest;
  await verifyFiles(folder, manifest, packageFiles(manifest));
  const tokenizer = readFileOf(folder, manifest, textProcessing.file).toString();
  const highestId = readHighestId(tokenizer, manifest);
  if (!(await splitIsWhole({ path: (file) => join(folder, file) }, textProcessing))) {
    throw failed(manifest, 'its divided tokenizer is not the one of its tokenizer.json');
  }
  for (const variant of variants) verifyGraph(folder, manifest, variant, highestId);
}

/** Throws VERIFY_FAILED where a tokenizer.json does not parse, PACKAGE_INVALID where it makes texts very much longer. */
function readHighestId(tokenizerJson: string, manifest: OnnxManifest): number {
  try {
    refuseGrowth(JSON.parse(tokenizerJson));
    return highestTokenId(tokenizerJson);
  } catch (cause) {
    if (PilotlightError.is(cause)) throw cause;
    throw failed(manifest, `${manifest.textProcessing.file.path} is no tokenizer.json`, cause);
  }
}

type Ref = Pick<OnnxManifest, 'name' | 'version'>;

/** Throws VERIFY_FAILED unless the folder holds these files, whole, its manifest, and nothing else. */
export async function verifyFiles(folder: string, ref: Ref, files: readonly PackageFile[]): Promise<void> {
  for (const file of files) verifyFile(folder, file, ref);
  await refuseOtherFiles(
    folder,
    new Set([MANIFEST_FILE, ...sidecarFiles, ...files.map(({ path }) => path)]),
    ref,
  );
}

function verifyFile(folder: string, expected: PackageFile, manifest: Ref): void {
  const fault = findFault(expected, digest(folder, expected, manifest));
  if (fault !== undefined) throw failed(manifest, fault);
}

function digest(folder: string, { path }: PackageFile, manifest: Ref): FileDigest {
  try {
    return digestFile(resolveInside(folder, path));
  } catch (cause) {
    throw unreadable(path, manifest, cause);
  }
}

/** Reads a file of the package, whose size the manifest has. @throws ToolchainError VERIFY_FAILED */
export function readFileOf(folder: string, manifest: Ref, { path, bytes }: PackageFile): Buffer {
  try {
    return readRegularFile(resolveInside(folder, path), bytes);
  } catch (cause) {
    throw unreadable(path, manifest, cause);
  }
}

function unreadable(path: string, manifest: Ref, cause: unknown): ToolchainError {
  const reason = PilotlightError.is(cause) ? `: ${cause.message.replace(/\.$/, '')}` : '';
  return failed(manifest, `${path} cannot be read${reason}`, cause);
}

async function refuseOtherFiles(folder: string, known: ReadonlySet<string>, manifest: Ref): Promise<void> {
  const other = await findOtherFile(folder, known);
  if (other !== undefined) throw failed(manifest, `it holds ${other}, which its manifest does not name`);
}

function verifyGraph(folder: string, manifest: OnnxManifest, variant: Variant, highestId: number): void {
  const { file, inputs, outputs } = variant.graphs.model;
  const entry = variant.files.find(({ path }) => path === file);
  if (!entry) throw failed(manifest, `its files do not list ${file}`);
  const { graph } = parseModel(readFileOf(folder, manifest, entry));
  const ids = inputs.find(({ role }) => role === 'input_ids')?.name ?? '';
  const rows = embeddingRows(graph, ids);
  if (rows !== undefined && highestId >= rows) {
    throw failed(manifest, `its tokenizer gives ids up to ${highestId}, but ${file} has ${rows} embeddings`);
  }
  for (const { name, axes } of outputs) {
    const dims = graph.output.find((output) => output.name === name)?.type?.tensorType?.shape?.dim ?? [];
    const labels = dims[axes.indexOf('labels')]?.dimValue;
    if (labels !== undefined && Number(labels) !== manifest.labels.length) {
      throw failed(
        manifest,
        `${file} gives ${labels} logits, but there are ${manifest.labels.length} labels`,
      );
    }
  }
}

/** Rows of the table that the token ids look up, as far as the graph shows it. */
export function embeddingRows(graph: OnnxGraph, ids: string): number | undefined {
  const aliases = new Set([ids]);
  for (const { opType, input, output } of graph.node) {
    if (['Cast', 'Identity'].includes(opType) && aliases.has(input[0] ?? ''))
      for (const name of output) aliases.add(name);
  }
  const lookup = graph.node.find(({ opType, input }) => opType === 'Gather' && aliases.has(input[1] ?? ''));
  return graph.initializer.find(({ name }) => name === lookup?.input[0])?.dims[0];
}

function failed({ name, version }: Ref, reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError('VERIFY_FAILED', `Package ${name}@${version} is not intact: ${reason}.`, {
    cause,
  });
}
