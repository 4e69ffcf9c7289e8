/** A process that reports once it is there, and again after it has been busy for so long that whoever started it has gone. */
import { report } from '../../../../infra/local/src/s3/process/report.ts';

process.once('message', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  report({ kind: 'listening', endpoint: 'http://localhost:1' });
});
report({ kind: 'failed', message: 'ready' });
