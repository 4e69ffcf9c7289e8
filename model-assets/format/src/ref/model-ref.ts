/** The one place that takes `name@version` apart and puts it together. */
import * as z from 'zod/mini';
import { modelNameSchema, modelVersionSchema } from './names.ts';

/**
 * The name of a model, with or without a version.
 *
 * @example
 * parseModelRef('sentiment@1.0.0'); // { name: 'sentiment', version: '1.0.0' }
 */
export interface ModelRef {
  readonly name: string;
  /** @default - the highest version that there is */
  readonly version?: string | undefined;
  /** Of the version; no text of a reference names one. @default - the one that is served by itself, see `servedVariant` */
  readonly variant?: string | undefined;
}

/** A reference whose version is settled. */
export interface ResolvedRef extends ModelRef {
  readonly version: string;
}

/** Reads `sentiment` or `sentiment@1.0.0`. It checks nothing: `modelRefSchema` does, and stores say what there is not. */
export function parseModelRef(text: string): ModelRef {
  const at = text.indexOf('@');
  return at < 0 ? { name: text } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** Writes `sentiment` or `sentiment@1.0.0`. */
export function formatModelRef({ name, version }: ModelRef): string {
  return version === undefined ? name : `${name}@${version}`;
}

/** Whether `text` is the name of a model, alone or with a semantic version. */
export function isModelRef(text: string): boolean {
  const { name, version } = parseModelRef(text);
  const versionIsGood = version === undefined || modelVersionSchema.safeParse(version).success;
  return versionIsGood && modelNameSchema.safeParse(name).success;
}

export const modelRefSchema = z
  .string()
  .check(
    z.refine(
      isModelRef,
      'must be the name of a model, with or without a version, such as sentiment or sentiment@1.0.0',
    ),
  );
