/** The manifest of a package, whatever runs its model: one union that `runtime` tells apart. */
import { createHash } from 'node:crypto';
import type * as z from 'zod/mini';
import { EngineError, explainIssue } from '../errors.ts';
import { formatModelRef, type ResolvedRef } from '../ref/model-ref.ts';
import { parseJson, parseUntilFault } from '../untrusted.ts';
import { type ArchiveManifest, archiveManifestSchema } from './allennlp.ts';
import { MANIFEST_FILE } from './common.ts';
import { type GenerationManifest, generationManifestSchema } from './generation.ts';
import { toCurrentFormat } from './migrations.ts';
import { type OnnxManifest, onnxManifestSchema } from './onnx.ts';
import { type TransformersJsManifest, transformersJsManifestSchema } from './transformers-js.ts';

export type PackageManifest = OnnxManifest | TransformersJsManifest | ArchiveManifest | GenerationManifest;
export type Runtime = PackageManifest['runtime'];

/** One schema for each runtime. Another kind of model is one entry more. */
const SCHEMAS = {
  onnx: onnxManifestSchema,
  'transformers.js': transformersJsManifestSchema,
  allennlp: archiveManifestSchema,
  generation: generationManifestSchema,
} as const satisfies Record<Runtime, unknown>;

const checksums = new WeakMap<PackageManifest, string>();

/**
 * Finds the sha256 of the model.json that a manifest was read from, in lower-case hexadecimal. It stands for the whole package,
 * because model.json names the sha256 of every other file. Undefined for a manifest that comes from no file.
 */
export function findChecksum(manifest: PackageManifest): string | undefined {
  return checksums.get(manifest);
}

/** Reads the manifest of `ref` from the text of its file. @throws EngineError PACKAGE_INVALID with the field at fault. */
export function parseManifest(text: string, ref: ResolvedRef): PackageManifest {
  const json = toCurrentFormat(readJson(text, ref), ref);
  const parsed = parseUntilFault<z.ZodMiniType<PackageManifest>>(schemaFor(json, ref), json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'the top level';
    throw refused(ref, `its manifest is not valid at ${where}: ${explainIssue(issue)}`);
  }
  const manifest: PackageManifest = parsed.data;
  if (manifest.name !== ref.name || manifest.version !== ref.version) {
    throw refused(ref, `its manifest is that of ${formatModelRef(manifest)}`);
  }
  checksums.set(manifest, createHash('sha256').update(text).digest('hex'));
  return manifest;
}

/**
 * Writes the text of `model.json`. It leaves `runtime` out where that is `onnx`, so that engines which do not know the field
 * read the package.
 *
 * @throws ZodError where the manifest is not valid
 */
export function manifestText(manifest: PackageManifest): string {
  const valid: PackageManifest = SCHEMAS[manifest.runtime].parse(manifest);
  const runtime = valid.runtime === 'onnx' ? undefined : valid.runtime;
  return `${JSON.stringify({ ...valid, runtime }, null, 2)}\n`;
}

function schemaFor(json: unknown, ref: ResolvedRef) {
  if (typeof json !== 'object' || json === null || !('runtime' in json)) return SCHEMAS.onnx;
  const { runtime } = json;
  if (isRuntime(runtime)) return SCHEMAS[runtime];
  const known = Object.keys(SCHEMAS).join(', ');
  throw refused(ref, `its manifest is not valid at runtime: must be one of ${known}`);
}

function isRuntime(name: unknown): name is Runtime {
  return typeof name === 'string' && Object.hasOwn(SCHEMAS, name);
}

function readJson(text: string, ref: ResolvedRef): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const isForbidden = cause instanceof SyntaxError && cause.message.includes('__proto__');
    const reason = isForbidden ? 'has the key __proto__' : 'is not JSON';
    throw refused(ref, `its ${MANIFEST_FILE} ${reason}`, cause);
  }
}

export function refused({ name, version }: ResolvedRef, reason: string, cause?: unknown): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `Model ${formatModelRef({ name, version })} is refused: ${reason}.`,
    {
      details: { model: name, version },
      cause,
    },
  );
}
