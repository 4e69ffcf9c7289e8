import type { PackageSigner, SignResult } from '@pilotlight/lifecycle';
import { signPackage } from '@pilotlight/lifecycle/internal/sign/sign-package';
import { openFileSigner, openKmsSigner, writeNewKey } from '@pilotlight/lifecycle/internal/sign/signer';
import { publicKeyText } from '@pilotlight/model-format/signature';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { verifyPackage } from '@pilotlight/toolchain/internal/verify-package';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import type { SignLine } from './sign-options.ts';

/** @throws CliError USAGE; EngineError and ToolchainError for a package that is not proven; LifecycleError SIGNATURE_INVALID */
export async function sign({ values, positionals }: SignLine, { stdout }: Terminal): Promise<undefined> {
  const newKey = values['new-key'];
  if (newKey !== undefined) {
    if (positionals.length > 0 || values.key !== undefined || values.kms !== undefined)
      throw usageError('--new-key stands alone: make the key first, and sign with --key then.');
    stdout.write(await writeNewKey(newKey));
    return;
  }
  const signer = openSigner(values);
  if (positionals.length === 0) throw usageError('sign takes the packages to sign, such as sentiment@1.0.1.');
  const packages = packagesFolder(values.packages);
  const results: SignResult[] = [];
  for (const selection of positionals) {
    for (const entry of await selectPackages(packages, selection)) {
      await verifyPackage(packages, entry);
      results.push(await signPackage(packages, entry, signer));
    }
  }
  stdout.write(values.json ? `${JSON.stringify(results.map(describe), null, 2)}\n` : report(results));
}

function openSigner({ key, kms }: SignLine['values']): PackageSigner {
  if (key !== undefined && kms === undefined) return openFileSigner(key);
  if (kms !== undefined && key === undefined) return openKmsSigner(kms);
  throw usageError('sign takes one of --key FILE and --kms KEY; --new-key FILE makes a key.');
}

function describe({ package: { name, version }, signature, key, others }: SignResult) {
  return {
    package: `${name}@${version}`,
    ...signature,
    publicKey: publicKeyText(key),
    otherSignatures: others,
  };
}

function report(results: readonly SignResult[]): string {
  const [first] = results;
  if (first === undefined) return '';
  const lines = results.map(
    ({ package: { name, version, manifestSha256 }, others }) =>
      `${name}@${version} is signed: model.json ${manifestSha256.slice(0, 16)}${others > 0 ? `, ${others} more signatures` : ''}`,
  );
  return `${[...lines, `Key ${first.key.keyId.slice(0, 16)}, for PILOTLIGHT_SIGNED_BY: ${publicKeyText(first.key)}`].join('\n')}\n`;
}
