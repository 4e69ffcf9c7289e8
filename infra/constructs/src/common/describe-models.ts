import { describePackage, type PackageDescription } from '@pilotlight/layers/internal/models/index';
import { parseModelRef } from '@pilotlight/model-format';
import { InfraError } from './errors.ts';

/**
 * Describes the packages of `models`, in their order. One that is named twice, such as by `sentiment` and `sentiment@1.0.1`, would be
 * served once and counted twice.
 *
 * @throws InfraError INVALID_PROPS; EngineError for a package that is missing or damaged
 */
export function describeModels(
  folder: string,
  models: readonly string[],
  options: Parameters<typeof describePackage>[2],
): PackageDescription[] {
  const described = models.map((ref) => describePackage(folder, parseModelRef(ref), options));
  const refs = described.map(({ name, version }) => `${name}@${version}`);
  const twice = refs.find((ref, index) => refs.indexOf(ref) !== index);
  if (twice === undefined) return described;
  throw new InfraError('INVALID_PROPS', `models names ${twice} twice. Leave one of them out.`);
}
