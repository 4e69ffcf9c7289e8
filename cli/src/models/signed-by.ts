/** The option `--signed-by` of several commands. */
import { readRegularFile } from '@pilotlight/model-format';
import { usageError } from '../kit/errors.ts';

/** Of a file of public keys. */
const MAX_KEY_BYTES = 100_000;

/** The text of the file; nothing where none is named. @throws CliError USAGE where it cannot be read */
export function readKeys(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readRegularFile(file, MAX_KEY_BYTES).toString();
  } catch (cause) {
    throw usageError(`--signed-by names a file that cannot be read: ${file}.`, { cause });
  }
}
