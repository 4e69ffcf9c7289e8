import { chooseVersion, compareVersions } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { ModelRef, ResolvedRef } from '../ports.ts';

/** The package that `ref` means: the version that it names, or the highest. @throws EngineError MODEL_NOT_FOUND */
export function resolveAmong({ name, version }: ModelRef, available: readonly ResolvedRef[]): ResolvedRef {
  const versions = available
    .filter((candidate) => candidate.name === name)
    .map((candidate) => candidate.version)
    .sort(compareVersions);
  const found = chooseVersion(version, versions);
  if (found !== undefined) return { name, version: found };
  const models = [...new Set(available.map((candidate) => candidate.name))];
  if (versions.length === 0) throw modelNotFound(name, models);
  throw new EngineError(
    'MODEL_NOT_FOUND',
    `Model ${name} has no version ${version}; it has ${versions.join(', ')}.`,
    { details: { models } },
  );
}

export function modelNotFound(name: string, models: readonly string[]): EngineError {
  return new EngineError(
    'MODEL_NOT_FOUND',
    `There is no model named ${JSON.stringify(name.slice(0, 64))}; there are: ${models.join(', ') || 'none'}.`,
    { details: { models } },
  );
}
