/** Signs a package, and tells who has. */
import { join } from 'node:path';
import { FolderStore } from '@pilotlight/engine';
import { findChecksum, formatModelRef, type ResolvedRef, SIDECAR_FILES } from '@pilotlight/model-format';
import { writeSidecar } from '@pilotlight/model-format/internal/package/write-sidecar';
import {
  findSignatureFault,
  type PackageSignature,
  parseSignatures,
  readPublicKeys,
  requireSignature,
  type SignedPackage,
  signatureStatement,
  signaturesText,
  type TrustedKey,
} from '@pilotlight/model-format/signature';
import { LifecycleError } from '../errors.ts';
import type { PackageSigner } from './signer.ts';

export interface SignResult {
  readonly package: SignedPackage;
  readonly signature: PackageSignature;
  readonly key: TrustedKey;
  /** The signatures of other keys that are in the file beside it. */
  readonly others: number;
}

/**
 * Adds a signature to `signature.json` of a package, in place of an earlier one of the same key. Signatures of an earlier model.json go.
 *
 * @param packages - the folder of packages; whoever signs has verified the package before
 * @throws PilotlightError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT; what the signer throws; SIGNATURE_INVALID where the
 *   signature that it gave is not good
 */
export async function signPackage(
  packages: string,
  ref: ResolvedRef,
  signer: PackageSigner,
  now: () => Date = () => new Date(),
): Promise<SignResult> {
  const signed = await identifyPackage(packages, ref);
  const key = await signer.publicKey();
  const signedAt = now().toISOString();
  const bytes = await signer.sign(signatureStatement(signed, signedAt));
  const { keyId, algorithm } = key;
  const { manifestSha256 } = signed;
  const signature = { algorithm, keyId, manifestSha256, signedAt, signature: bytes.toString('base64') };
  const fault = findSignatureFault(signed, signature, key);
  if (fault !== undefined)
    throw new LifecycleError('SIGNATURE_INVALID', `${formatModelRef(signed)} cannot be signed: ${fault}.`);
  const others = (await readSignatures(packages, signed)).filter(
    (other) => other.keyId !== keyId && other.manifestSha256 === manifestSha256,
  );
  await writeSidecar(
    join(packages, signed.name, signed.version),
    SIDECAR_FILES.signature,
    signaturesText([...others, signature]),
  );
  return { package: signed, signature, key, others: others.length };
}

/** The signatures of a package, good or not; none where there is no file. @throws EngineError PACKAGE_CORRUPT for one that is no such file */
export async function readSignatures(
  packages: string,
  ref: ResolvedRef,
): Promise<readonly PackageSignature[]> {
  const text = await new FolderStore(packages).sidecar(ref, SIDECAR_FILES.signature);
  return text === undefined ? [] : parseSignatures(text, ref);
}

/**
 * Gives the signatures of the keys, all of them good.
 *
 * @param keys - public keys, in PEM or as base64
 * @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT as an engine with these keys would refuse the package; PilotlightError KEY_INVALID
 */
export async function verifySignature(
  packages: string,
  ref: ResolvedRef,
  keys: string,
): Promise<readonly PackageSignature[]> {
  const trusted = readPublicKeys(keys);
  const signed = await identifyPackage(packages, ref);
  const text = await new FolderStore(packages).sidecar(ref, SIDECAR_FILES.signature);
  return requireSignature(text, signed, trusted);
}

async function identifyPackage(packages: string, ref: ResolvedRef): Promise<SignedPackage> {
  const { manifest } = await new FolderStore(packages).open(ref);
  const { name, version } = manifest;
  return { name, version, manifestSha256: findChecksum(manifest) ?? '' };
}
