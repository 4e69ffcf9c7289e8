/** Run before each file of tests: what a file changes of the environment is undone after it, because the next file may have the same process. */
import { afterAll } from 'vitest';
import { readEnvironment, restoreEnvironment } from './environment.ts';

const before = readEnvironment();
afterAll(() => restoreEnvironment(before));
