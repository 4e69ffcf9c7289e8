/** Facts about what runs models: ONNX Runtime, the tokenizers, the packages. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FolderStore } from '@pilotlight/engine';
import { z } from 'zod';
import type { PackageFacts, RuntimeFacts } from '../facts.ts';

export async function readRuntime(): Promise<RuntimeFacts> {
  const onnxruntime = findVersion('onnxruntime-node');
  const { saturates, fault } = await trySaturation();
  return { onnxruntime, fault, saturates, tokenizersFault: await tryTokenizers() };
}

/** The kernels answer where the binary can be loaded; on other processors than x64 it is loaded all the same. */
async function trySaturation(): Promise<{
  readonly saturates?: boolean;
  readonly fault: string | undefined;
}> {
  try {
    const { sumsSaturate } = await import('@pilotlight/engine/internal/session/saturation-trial');
    return { saturates: await sumsSaturate(), fault: undefined };
  } catch (error) {
    return { fault: firstLine(error) };
  }
}

async function tryTokenizers(): Promise<string | undefined> {
  try {
    await import('@pilotlight/engine/internal/tokenizer/rust-tokenizer');
    return undefined;
  } catch (error) {
    return firstLine(error);
  }
}

function findVersion(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8'));
      return z.object({ version: z.string() }).parse(manifest).version;
    } catch {
      // It is not there; another folder may have it.
    }
  }
  return undefined;
}

/** None where there is no such folder. */
export async function readPackages(folder: string): Promise<readonly PackageFacts[]> {
  const entries = await new FolderStore(folder).list().catch(() => []);
  return entries.map(({ name, version, manifest, problem }) => {
    const variants =
      manifest === undefined || manifest.runtime === 'transformers.js' ? {} : manifest.variants;
    const made = Object.values(variants).map((variant) => variant.onnxruntime);
    return { ref: `${name}@${version}`, problem, onnxruntime: [...new Set(made)] };
  });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
