/** The answers of Lambda to invocations that end otherwise than by the handler. */
import type { Exited } from './runtime-process.ts';

export interface Failure {
  readonly errorType: string;
  /** JSON of the error, as the caller gets it. */
  readonly payload: Buffer;
}

export function timedOut(requestId: string, timeoutSeconds: number): Failure {
  const message = `Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return failure('Sandbox.Timedout', `RequestId: ${requestId} ${message}`);
}

export function exitedEarly(requestId: string, exited: Exited): Failure {
  return failure(exitType(exited), `RequestId: ${requestId} Error: ${exitMessage(exited)}`);
}

export function exitType({ outOfMemory }: Exited): 'Runtime.OutOfMemory' | 'Runtime.ExitError' {
  return outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
}

/** A process that a signal has ended has no exit code. */
export function exitMessage({ code }: Exited): string {
  if (code === 0) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: ${code === null ? 'signal: killed' : `exit status ${code}`}`;
}

function failure(errorType: string, errorMessage: string): Failure {
  return { errorType, payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
