import { dirname } from 'node:path';
import type { PipelineManifest } from '@pilotlight/model-format';
import { MANIFEST_FILE } from '@pilotlight/model-format';
import type { ModelPackage } from '../ports.ts';
import type { OpenPipeline } from './pipeline.ts';
import { PipelinePredictor } from './pipeline-predictor.ts';

interface Loader {
  readonly openPipeline: OpenPipeline;
  readonly settings: { readonly intraOpThreads: number; readonly maxQueuedRequests: number };
}

/** One step after the other: nothing of a package is opened before all of it has been verified. */
export async function loadPipeline(
  { opened, manifest, start }: { opened: ModelPackage; manifest: PipelineManifest; start: number },
  { openPipeline, settings }: Loader,
): Promise<PipelinePredictor> {
  await opened.checkSizes(manifest);
  const sized = performance.now();
  await opened.verify(manifest);
  const verified = performance.now();
  const pipeline = await openPipeline(dirname(opened.path(MANIFEST_FILE)), manifest, settings);
  const end = performance.now();
  return new PipelinePredictor({
    manifest,
    pipeline,
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
