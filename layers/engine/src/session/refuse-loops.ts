/** Refuses graphs that may run without end: nothing stops native code, neither a deadline nor the end of the process. */
import { readSync } from 'node:fs';
import { EngineError } from '@pilotlight/model-format/errors';
import { withRegularFile } from '@pilotlight/model-format/internal/package/regular-file';

/** No other operator repeats itself as often as it likes. */
const LOOP = Buffer.from('Loop');
/**
 * The bytes before the name in the field `op_type` of onnx.proto3: the tag and the length. Either may be written with more
 * bytes than it takes.
 */
const BEFORE = ['2204', '0004', '8400', '8000'];
const CHUNK = 1 << 20;

/**
 * Looks for a Loop in the bytes of a graph, wherever it is nested. Random weights of 90 MB hold such six bytes by chance once in
 * a million graphs. It is synchronous, because it may be the first work of a thread of lower priority, which threads that it
 * starts would inherit. See ADR-loops.md.
 *
 * @throws EngineError PACKAGE_INVALID
 */
export function refuseLoops(path: string): void {
  withRegularFile(path, (file) => {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const overlap = LOOP.length + 2;
    for (let position = 0; ; position += CHUNK - overlap) {
      const read = readSync(file, chunk, 0, CHUNK, position);
      if (hasLoop(chunk.subarray(0, read))) throw loops();
      if (read < CHUNK) return;
    }
  });
}

function hasLoop(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(LOOP); at >= 0; at = bytes.indexOf(LOOP, at + 1)) {
    if (BEFORE.includes(bytes.toString('hex', at - 2, at))) return true;
  }
  return false;
}

function loops(): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    'Its graph has the operator Loop, which may run without end. Export the model again without it.',
  );
}
