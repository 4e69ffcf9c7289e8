import { explainIssue, PilotlightError } from '@pilotlight/model-format/errors';
import type { z } from 'zod';

/** Every way in which packaging refuses or fails; each code has one meaning, for good. */
export const TOOLCHAIN_ERROR_CODES = [
  'USAGE',
  'SOURCE_NOT_FOUND',
  'SOURCE_INVALID',
  'SOURCE_UNSUPPORTED',
  'SOURCE_DENIED',
  'SOURCE_UNAVAILABLE',
  'GRAPH_INVALID',
  'WEIGHTS_INVALID',
  'OPTIMISE_FAILED',
  'TEXTS_INVALID',
  'DATASET_INVALID',
  'PACKAGE_EXISTS',
  'STORAGE_FAILED',
  'VERIFY_FAILED',
] as const;

export type ToolchainErrorCode = (typeof TOOLCHAIN_ERROR_CODES)[number];

/** An error of the toolchain: the model, the command or the package is at fault, and the message says which. */
export class ToolchainError extends PilotlightError<ToolchainErrorCode> {
  override readonly name = 'ToolchainError';
}

/** Says where `content` does not fit a schema, and why: `vocab_size: is missing`. */
export function describeFault(content: unknown, issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path ?? [];
  const reason = findValue(content, path) === undefined ? 'is missing' : explainIssue(issue);
  return `${path.join('.') || 'it'}: ${reason}`;
}

function findValue(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    content,
  );
}
