/** Refuses graphs that may run without end: nothing can stop native code, neither a deadline nor the end of the process. */
import { open } from 'node:fs/promises';
import { EngineError } from '@pilotlight/model-format/errors';

/** The field `op_type` of a node of onnx.proto3, as its bytes are: a tag, the length, the name. No other operator repeats itself freely. */
const LOOP = Buffer.from([(4 << 3) | 2, 'Loop'.length, ...Buffer.from('Loop')]);
const CHUNK = 1 << 20;

/**
 * Looks for a Loop in the bytes of a graph, wherever it is nested. Weights of 90 MB hold these six bytes by chance once in three
 * million graphs. See ADR-loops.md.
 *
 * @throws EngineError PACKAGE_INVALID
 */
export async function refuseLoops(path: string): Promise<void> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const overlap = LOOP.length - 1;
    for (let position = 0; ; position += CHUNK - overlap) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, position);
      if (chunk.subarray(0, bytesRead).includes(LOOP)) throw loops();
      if (bytesRead < CHUNK) return;
    }
  } finally {
    await file.close();
  }
}

function loops(): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    'Its graph has the operator Loop, which may run without end. Export the model again without it.',
  );
}
