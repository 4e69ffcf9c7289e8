/** Parts of config.json: objects whose `type` is a registrable name and whose other keys are its parameters. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

export type Params = { readonly [name: string]: unknown };

/** Reads a part of the configuration by its schema. @throws EngineError PACKAGE_INVALID that names `path` */
export function parseParams<T>(schema: z.ZodMiniType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const fault = locateFault(issue);
  const place = [path, ...fault.path.map(String)].filter((part) => part !== '').join('.');
  throw new EngineError('PACKAGE_INVALID', `The archive's ${place} ${fault.reason}.`, {
    details: { field: place },
  });
}

const registrable = z.union([z.string(), z.record(z.string(), z.unknown())]);
const typeName = z.object({ type: z.optional(z.string()) });

/** A registrable as config.json has it: a name alone, or an object with or without its `type`. */
export interface Named {
  readonly type: string;
  readonly params: Params;
}

/** Takes the type and the parameters of a registrable apart. @throws EngineError PACKAGE_INVALID that names `path` */
export function namedParams(value: unknown, defaultType: string, path: string): Named {
  const given = parseParams(registrable, value ?? {}, path);
  if (typeof given === 'string') return { type: given, params: {} };
  const { type = defaultType } = parseParams(typeName, given, path);
  const { type: _, ...params } = given;
  return { type, params };
}
