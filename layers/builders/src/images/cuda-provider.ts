/** Finds out where the CUDA provider of the installed ONNX Runtime is, from the metadata of its npm package's install script. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as z from 'zod';
import { LayerError } from '../archive/errors.ts';
import { installedFolder } from './installed.ts';

const METADATA = 'script/install-metadata.js';
const FILES = 'linux/x64:cuda12';
/** The provider of TensorRT is left out, because it needs libraries that no image of CUDA has, and nothing asks for it. */
const NEEDED = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];

const metadataSchema = z.object({
  manifests: z.record(z.string(), z.record(z.string(), z.object({ package: z.string(), path: z.string() }))),
  packages: z.record(
    z.string(),
    z.object({
      name: z.string(),
      versions: z.array(z.object({ feed: z.string(), version: z.string() })).min(1),
    }),
  ),
  feeds: z.record(z.string(), z.object({ type: z.string(), index: z.string() })),
});

export interface CudaProvider {
  /** Service index of a NuGet feed. */
  readonly feed: string;
  readonly package: string;
  readonly version: string;
  /** Path in the package, by the name of the library. */
  readonly files: Readonly<Record<string, string>>;
}

/** @throws LayerError IMAGE_INPUT_MISSING where the package no longer says it as it did */
export function cudaProvider(): CudaProvider {
  const file = join(installedFolder('onnxruntime-node'), METADATA);
  const metadata = existsSync(file) ? createRequire(import.meta.url)(file) : undefined;
  const { manifests = {}, packages = {}, feeds = {} } = metadataSchema.safeParse(metadata).data ?? {};
  const listed = Object.entries(manifests[FILES] ?? {});
  const wanted = NEEDED.flatMap((name) => {
    const found = listed.find(([path]) => path === `./${name}`)?.[1];
    return found ? [{ name, ...found }] : [];
  });
  const source = packages[wanted[0]?.package ?? ''];
  const [release] = source?.versions ?? [];
  const feed = feeds[release?.feed ?? ''];
  if (!source || !release || feed?.type !== 'nuget' || wanted.length < NEEDED.length) {
    throw new LayerError(
      'IMAGE_INPUT_MISSING',
      `${METADATA} of onnxruntime-node does not say where the CUDA provider is: see what changed in onnxruntime-node, and follow it in layers/builders/src/images/cuda-provider.ts.`,
    );
  }
  return {
    feed: feed.index,
    package: source.name,
    version: release.version,
    files: Object.fromEntries(wanted.map(({ name, path }) => [name, path])),
  };
}
