import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { saveModel } from '../graph/external.ts';
import type { OnnxModel } from '../graph/onnx.ts';

/**
 * Opens a graph that is looked at and never served, for as long as `work` takes. `scratch` is the folder for what the runtime
 * reads, as large as the model.
 */
export async function withSession<Result>(
  model: OnnxModel,
  scratch: string,
  options: InferenceSession.SessionOptions,
  work: (session: InferenceSession) => Result | Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(scratch, 'pilotlight-session-'));
  try {
    const file = join(folder, 'model.onnx');
    saveModel(model, file, join(folder, 'model.bin'));
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      ...options,
    });
    try {
      return await work(session);
    } finally {
      await session.release();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
