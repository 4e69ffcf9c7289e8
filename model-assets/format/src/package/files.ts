/** The files of a package, by what they are for. Pure: nothing here touches a disk. */
import { type ArchiveManifest, type ArchiveVariant, archiveTextFiles } from '../manifest/allennlp.ts';
import type { PackageFile } from '../manifest/common.ts';
import {
  type GenerationManifest,
  type GenerationVariant,
  generationTextFiles,
} from '../manifest/generation.ts';
import { type OnnxManifest, tokenizerFiles, type Variant } from '../manifest/onnx.ts';
import type { PackageManifest } from '../manifest/package-manifest.ts';
import type { TransformersJsManifest } from '../manifest/transformers-js.ts';

/** Files by path; those that several parts of a package name stand once. */
type Files = readonly PackageFile[];

/** Every file of a package but `model.json`, which no manifest can have the sum of. */
export function packageFiles(manifest: PackageManifest): Files {
  return distinct([...contentFiles(manifest), manifest.goldens, manifest.modelCard]);
}

/** The files that serving reads: of a model with variants those of its text processing and of `variant`. */
export function servedFiles(manifest: OnnxManifest, variant: Pick<Variant, 'files'>): Files;
export function servedFiles(manifest: ArchiveManifest, variant: Pick<ArchiveVariant, 'files'>): Files;
export function servedFiles(manifest: GenerationManifest, variant: Pick<GenerationVariant, 'files'>): Files;
export function servedFiles(manifest: TransformersJsManifest): Files;
export function servedFiles(manifest: PackageManifest, variant?: Pick<Variant, 'files'>): Files;
export function servedFiles(manifest: PackageManifest, variant?: Pick<Variant, 'files'>): Files {
  if (manifest.runtime === 'transformers.js') return manifest.files;
  return distinct([...textFiles(manifest), ...(variant?.files ?? [])]);
}

/**
 * The files that no variant is and that serving does not read by itself: goldens, model card, and the whole of a tokenizer that is
 * divided. A deployment may have left them out.
 */
export function besideFiles(manifest: PackageManifest): Files {
  const whole = manifest.runtime === 'onnx' ? [manifest.textProcessing.file] : [];
  return distinct([...whole, manifest.goldens, manifest.modelCard]);
}

export function sumOfBytes(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function contentFiles(manifest: PackageManifest): Files {
  if (manifest.runtime === 'transformers.js') return manifest.files;
  const variants: Readonly<Record<string, { readonly files: Files }>> = manifest.variants;
  return [
    ...(manifest.runtime === 'onnx' ? [manifest.textProcessing.file] : []),
    ...textFiles(manifest),
    ...Object.values(variants).flatMap(({ files }) => files),
  ];
}

function textFiles(manifest: Exclude<PackageManifest, TransformersJsManifest>): Files {
  switch (manifest.runtime) {
    case 'onnx':
      return tokenizerFiles(manifest.textProcessing);
    case 'allennlp':
      return archiveTextFiles(manifest);
    case 'generation':
      return generationTextFiles(manifest);
  }
}

function distinct(files: Files): Files {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}
