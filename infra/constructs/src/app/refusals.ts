import { Errors } from 'aws-cdk-lib';

/** Ends the process with one line instead of a stack trace where `work` refuses on purpose, because the message says what to do. */
export async function endWhereRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}

/** Whether Pilotlight or the CDK threw the error on purpose. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof Error && (Symbol.for('pilotlight.error') in error || Errors.isConstructError(error))
  );
}
