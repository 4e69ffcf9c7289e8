/** Refuses graphs that may run without end: nothing stops native code, neither a deadline nor the end of the process. */
import { closeSync, readSync } from 'node:fs';
import { openRegularFile } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';

/** The field `op_type` of a node of onnx.proto3, as its bytes are: a tag, the length, the name. No other operator repeats itself freely. */
const LOOP = Buffer.from([(4 << 3) | 2, 'Loop'.length, ...Buffer.from('Loop')]);
const CHUNK = 1 << 20;

/**
 * Looks for a Loop in the bytes of a graph, wherever it is nested. Weights of 90 MB hold these six bytes by chance once in three
 * million graphs. It is synchronous, because it may be the first work of a thread of lower priority, which threads that it
 * starts would inherit. See ADR-loops.md.
 *
 * @throws EngineError PACKAGE_INVALID
 */
export function refuseLoops(path: string): void {
  const file = openRegularFile(path);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const overlap = LOOP.length - 1;
    for (let position = 0; ; position += CHUNK - overlap) {
      const read = readSync(file, chunk, 0, CHUNK, position);
      if (chunk.subarray(0, read).includes(LOOP)) throw loops();
      if (read < CHUNK) return;
    }
  } finally {
    closeSync(file);
  }
}

function loops(): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    'Its graph has the operator Loop, which may run without end. Export the model again without it.',
  );
}
