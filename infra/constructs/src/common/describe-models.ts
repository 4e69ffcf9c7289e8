import { join } from 'node:path';
import {
  describePackage,
  type PackageDescription,
  type VariantRef,
} from '@pilotlight/layers/internal/models/index';
import { MAX_SIDECAR_BYTES, parseModelRef, readRegularFile, SIDECAR_FILES } from '@pilotlight/model-format';
import { publicKeyText, readPublicKeys, requireSignature } from '@pilotlight/model-format/signature';
import { ruledVariants } from './environment.ts';
import { InfraError } from './errors.ts';

export interface DescribeModelsOptions extends NonNullable<Parameters<typeof describePackage>[2]> {
  /** Public keys, one of which must have signed each package. @default - packages need no signature */
  readonly signedBy?: readonly string[];
  /** Settings of what serves them. It has the variants that their rules lead to, too. @default - there are no rules */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether versions come from a registry, too: a rule may then lead to one that is not deployed. @default false */
  readonly followed?: boolean;
}

/**
 * Describes the packages of `models`, in their order. One that is named twice, such as by `sentiment` and `sentiment@1.0.1`, would be
 * served once and counted twice.
 *
 * @throws InfraError INVALID_PROPS, also where a rule leads to a variant of a model that is not among them; EngineError for a package that is
 *   missing or damaged, or that none of the keys has signed
 */
export function describeModels(
  folder: string,
  models: readonly string[],
  { signedBy, environment = {}, followed = false, ...options }: DescribeModelsOptions,
): PackageDescription[] {
  const beside = ruledVariants(environment);
  const described = models.map((ref) => describePackage(folder, parseModelRef(ref), { ...options, beside }));
  for (const ref of beside) requireServed(ref, described, followed);
  const refs = described.map(({ name, version }) => `${name}@${version}`);
  const twice = refs.find((ref, index) => refs.indexOf(ref) !== index);
  if (twice !== undefined)
    throw new InfraError('INVALID_PROPS', `models names ${twice} twice. Leave one of them out.`);
  if (signedBy) requireSignatures(described, signedBy);
  return described;
}

/** The variable by which functions refuse packages that none of the keys has signed. */
export function signedByVariable(signedBy: readonly string[] | undefined): Record<string, string> {
  return signedBy
    ? { PILOTLIGHT_SIGNED_BY: signedBy.flatMap(readPublicKeys).map(publicKeyText).join(',') }
    : {};
}

/** The function would refuse the rule as it starts. @throws InfraError INVALID_PROPS with the models that there are */
function requireServed(
  { name, version, variant }: VariantRef,
  described: readonly PackageDescription[],
  followed: boolean,
): void {
  const isServed = (one: PackageDescription) =>
    one.name === name && (followed || version === undefined || version === one.version);
  if (described.some(isServed)) return;
  const wanted = version === undefined ? name : `${name}@${version}`;
  const refs = described.map((one) => `${one.name}@${one.version}`).join(', ');
  throw new InfraError(
    'INVALID_PROPS',
    `environment: PILOTLIGHT_ROUTING leads to the variant ${variant} of ${wanted}, and what is served here is ${refs}. Add it to models, or leave the rule out.`,
  );
}

/** What the functions would refuse as they start is refused before it is deployed. */
function requireSignatures(described: readonly PackageDescription[], signedBy: readonly string[]): void {
  const trusted = signedBy.flatMap(readPublicKeys);
  for (const signed of described) requireSignature(readSignatures(signed), signed, trusted);
}

function readSignatures({ folder, files }: PackageDescription): string | undefined {
  const { signature } = SIDECAR_FILES;
  if (!files.some(({ path }) => path === signature)) return undefined;
  return readRegularFile(join(folder, signature), MAX_SIDECAR_BYTES).toString();
}
