import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** Everything that the benchmark makes, kept from run to run and ignored by git. */
export const WORK = join(ROOT, '.bench');
