/** Packages are signed by the command line and required to be by an engine, as docs/how-to/sign-packages.md shows; KMS is moto's, where Python has it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { openKmsSigner, signPackage, verifySignature } from '@pilotlight/lifecycle';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL, TamperedPackage } from '../attack/tampered-package.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-sign-'));
const key = join(folder, 'release.pem');
const publicKey = join(folder, 'release.pub.pem');
const NAME = `${MODEL.name}@${MODEL.version}`;
let copy: TamperedPackage;
beforeAll(() => {
  copy = new TamperedPackage();
});
afterAll(() => {
  copy.remove();
  rmSync(folder, { recursive: true });
});

const models = (...args: readonly string[]) => run(node('cli/src/main.ts', 'models', ...args));
const verifying = () => ['verify', NAME, '--packages', copy.packages, '--signed-by', publicKey, '--quiet'];

it('a package that was signed is proven, and one that was not is refused', async () => {
  const made = await runHere(['models', 'sign', '--new-key', key]);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('BEGIN PUBLIC KEY') });
  writeFileSync(publicKey, made.stdout);
  const before = await runHere(['models', ...verifying()]);
  expect(before).toMatchObject({ code: 1, stdout: expect.stringContaining('no signature.json') });

  const signed = await models('sign', NAME, '--key', key, '--packages', copy.packages);
  expect(signed).toMatchObject({ code: 0, stdout: expect.stringContaining(`${NAME} is signed`) });
  expect(await models(...verifying())).toMatchObject({ code: 0, stdout: expect.stringContaining('proven') });

  const engine = new Engine({ packages: copy.packages, signedBy: [readFileSync(publicKey, 'utf8')] });
  await expect(engine.predict(MODEL.name, ['What a day!'])).resolves.toMatchObject({ results: [{}] });
  await engine.dispose();
}, 60_000);

describe.skipIf(!hasMoto)("a KMS that is not ours (skipped without moto: pip install 'moto[server]')", () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
    process.env.AWS_ENDPOINT_URL_KMS = moto.environment.AWS_ENDPOINT_URL_S3;
  }, 60_000);
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_KMS;
    await moto.close();
  });

  it('signs a package by the alias of its key', async () => {
    const ask = (action: string, body: object) =>
      fetch(moto.environment.AWS_ENDPOINT_URL_S3, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `TrentService.${action}`,
          authorization:
            'AWS4-HMAC-SHA256 Credential=any/20261201/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify(body),
      });
    const created = await ask('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const { KeyMetadata } = (await created.json()) as { KeyMetadata: { KeyId: string } };
    await ask('CreateAlias', { AliasName: 'alias/release', TargetKeyId: KeyMetadata.KeyId });
    const { key: signing } = await signPackage(copy.packages, MODEL, openKmsSigner('alias/release'));
    expect(signing.algorithm).toBe('ecdsa-p256-sha256');
    const pem = signing.key.export({ type: 'spki', format: 'pem' }).toString();
    await expect(verifySignature(copy.packages, MODEL, pem)).resolves.toHaveLength(1);
  }, 60_000);
});
