import { dirname } from 'node:path';
import { MANIFEST_FILE, type TransformersJsManifest } from '@pilotlight/model-format';
import type { OpenedPackage } from '../../ports.ts';
import { openTransformersJs } from './library.ts';
import { TransformersJsModel } from './transformers-js-model.ts';

/** Loads step by step, so that no file of a package is opened before all of them have been verified. */
export async function loadTransformersJs(
  { opened, manifest, start }: OpenedPackage<TransformersJsManifest>,
  settings: { readonly intraOpThreads: number; readonly maxQueuedRequests: number },
): Promise<TransformersJsModel> {
  await opened.checkSizes(manifest);
  const sized = performance.now();
  await opened.verify(manifest);
  const verified = performance.now();
  const open = await openTransformersJs(dirname(opened.path(MANIFEST_FILE)), manifest, settings);
  const end = performance.now();
  return new TransformersJsModel({
    manifest,
    open,
    loadTimings: {
      openMs: sized - start,
      verifyMs: verified - sized,
      tokenizerMs: 0,
      sessionMs: end - verified,
      totalMs: end - start,
    },
    maxQueuedRequests: settings.maxQueuedRequests,
  });
}
