/** Making parts of a model out of what config.json says of them. */
import { explainIssue } from '@pilotlight/model-format/errors';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import type { BuiltModules, ModuleDefinition, Params, Role, Scope } from './module.ts';

/** What stands where a parameter holds another registrable: an object with `type`, or the type alone. */
export const nested = z.union([z.string(), z.record(z.string(), z.unknown())]);
export type NestedParams = z.infer<typeof nested>;

/** A parameter that only training reads. */
export const ignored = z.unknown().optional();

/** A number of rows, columns or heads: none that only exhausts the memory before it is checked against the tensors. */
export const count = z
  .int()
  .positive()
  .max(2 ** 24);

/** A number of layers. */
export const layerCount = z.int().positive().max(1000);

/** The types that AllenNLP takes where config.json names none. */
const DEFAULT_TYPES: Partial<Record<Role, string>> = {
  text_field_embedder: 'basic',
  token_embedder: 'embedding',
  embedding: 'embedding',
  feedforward: 'feedforward',
  seq_decoder: 'auto_regressive_seq_decoder',
};

/**
 * Builds a part at its place.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED where its type or a parameter is not supported, WEIGHTS_INVALID where its tensors do not
 * fit its parameters
 */
export function buildModule<R extends keyof BuiltModules>(
  role: R,
  scope: Scope,
  params: NestedParams,
): BuiltModules[R] {
  const { definition, rest } = readType(role, params, scope);
  const parsed = definition.params.safeParse(rest);
  if (!parsed.success) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${describePlace(scope.path)} ('${definition.type}'): ${explainParams(parsed.error)}.`,
    );
  }
  // The registry holds what is built for a role under that role alone.
  return definition.build(scope, parsed.data) as BuiltModules[R];
}

/** What of the parameters of a part, and of the parts in it, is not supported: one line for each; empty where all is. */
export function listUnsupported(
  find: Pick<Scope, 'definition'>,
  role: Role,
  params: NestedParams,
  path: string,
): string[] {
  let found: { definition: ModuleDefinition; rest: Params };
  try {
    found = readType(role, params, find);
  } catch (error) {
    if (error instanceof ToolchainError) return [`${path}: ${error.message}`];
    throw error;
  }
  const { definition, rest } = found;
  const parsed = definition.params.safeParse(rest);
  const own = parsed.success ? [] : [`${path} ('${definition.type}'): ${explainParams(parsed.error)}`];
  const parts = Object.entries(definition.nested ?? {}).flatMap(([name, { role: partRole, many }]) => {
    const value = rest[name];
    const entries = many === undefined ? [['', value] as const] : Object.entries(value ?? {});
    return entries.flatMap(([key, part]) => {
      const place = `${path === '' ? '' : `${path}.`}${name}${key === '' ? '' : `.${key}`}`;
      const inner = nested.safeParse(part);
      return inner.success ? listUnsupported(find, partRole, inner.data, place) : [];
    });
  });
  return [...own, ...parts];
}

function readType(role: Role, params: NestedParams, find: Pick<Scope, 'definition'>) {
  const { type, ...rest } = typeof params === 'string' ? { type: params } : params;
  const name = type ?? DEFAULT_TYPES[role];
  if (typeof name !== 'string') {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `A ${role} of config.json has no type: ${JSON.stringify(rest).slice(0, 100)}.`,
    );
  }
  return { definition: find.definition(role, name), rest: rest as Params };
}

function explainParams(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      if (issue.code === 'unrecognized_keys')
        return `the parameter ${issue.keys.join(', ')} is not supported`;
      return `${issue.path.join('.') || 'its parameters'}: ${explainIssue(issue)}`;
    })
    .join('; ');
}

function describePlace(path: string): string {
  return path === '' ? 'The model' : path;
}
