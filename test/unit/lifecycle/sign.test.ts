import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openFileSigner,
  openKmsSigner,
  readSignatures,
  signPackage,
  verifySignature,
  writeNewKey,
} from '@pilotlight/lifecycle';
import { manifestText } from '@pilotlight/model-format';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestOf } from '../engine/fakes.ts';
import { CREDENTIALS, startKms } from './kms-server.ts';

const REF = { name: 'parity', version: '1.0.0' };
let packages = '';
let folder = '';
beforeEach(() => {
  packages = mkdtempSync(join(tmpdir(), 'pilotlight-sign-'));
  folder = join(packages, 'parity/1.0.0');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), manifestText(manifestOf()));
});
afterEach(() => rmSync(packages, { recursive: true }));

const keyFile = (name = 'key.pem') => join(packages, name);

describe('a new key', () => {
  it('is for its owner alone, and never takes the place of a file', async () => {
    const pem = await writeNewKey(keyFile());
    expect(pem).toContain('BEGIN PUBLIC KEY');
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    const before = readFileSync(keyFile());
    await expect(writeNewKey(keyFile())).rejects.toMatchObject({ code: 'USAGE' });
    expect(readFileSync(keyFile())).toEqual(before);
  });
});

describe('a package that is signed by a file', () => {
  it('is vouched for by its public key, as OpenSSL finds it', async () => {
    const pem = await writeNewKey(keyFile());
    await signPackage(packages, REF, openFileSigner(keyFile()));
    const [signature] = await verifySignature(packages, REF, pem);
    writeFileSync(keyFile('pub.pem'), pem);
    writeFileSync(keyFile('signature'), Buffer.from(signature?.signature ?? '', 'base64'));
    const { manifestSha256, signedAt } = signature ?? {};
    writeFileSync(
      keyFile('statement'),
      `pilotlight package signature v1\nparity@1.0.0\n${manifestSha256}\n${signedAt}\n`,
    );
    const found = execFileSync('openssl', [
      ...['pkeyutl', '-verify', '-pubin', '-inkey', keyFile('pub.pem'), '-rawin'],
      ...['-in', keyFile('statement'), '-sigfile', keyFile('signature')],
    ]);
    expect(found.toString()).toContain('Verified Successfully');
  });

  it('has one signature of each key, the latest, and nothing else that is new', async () => {
    await writeNewKey(keyFile('a.pem'));
    await writeNewKey(keyFile('b.pem'));
    await signPackage(packages, REF, openFileSigner(keyFile('a.pem')), () => new Date(0));
    await signPackage(packages, REF, openFileSigner(keyFile('a.pem')));
    const { others } = await signPackage(packages, REF, openFileSigner(keyFile('b.pem')));
    expect(others).toBe(1);
    const signatures = await readSignatures(packages, REF);
    expect(signatures).toHaveLength(2);
    expect(signatures.every(({ signedAt }) => signedAt > '2000')).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['model.json', 'signature.json']);
    expect(readdirSync(packages).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not vouched for any more once its model.json changed, until it is signed again', async () => {
    const pem = await writeNewKey(keyFile());
    await signPackage(packages, REF, openFileSigner(keyFile()));
    writeFileSync(join(folder, 'model.json'), manifestText(manifestOf({ description: 'another' })));
    await expect(verifySignature(packages, REF, pem)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining('signed a model.json with another sha256'),
    });
    await signPackage(packages, REF, openFileSigner(keyFile()));
    await expect(verifySignature(packages, REF, pem)).resolves.toHaveLength(1);
  });
});

describe('a private key', () => {
  it.each([
    ['is not there', undefined, /cannot be read/],
    ['is something else', 'no key', /has no private key/],
    [
      'is encrypted',
      generateKeyPairSync('ed25519', {
        privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
      /decrypt it first/,
    ],
  ])('that %s signs nothing, and the reason is told', (_, content, message) => {
    if (content !== undefined) writeFileSync(keyFile(), content);
    expect(() => openFileSigner(keyFile())).toThrow(message);
  });
});

describe('a package that is signed by AWS KMS', () => {
  beforeEach(() => {
    Object.assign(process.env, CREDENTIALS);
  });
  afterEach(() => {
    delete process.env.AWS_ENDPOINT_URL_KMS;
    delete process.env.AWS_SESSION_TOKEN;
  });

  it.each(['ed25519', 'P-256'] as const)('is vouched for by its key of %s, which KMS keeps', async (kind) => {
    const kms = await startKms(kind);
    try {
      process.env.AWS_ENDPOINT_URL_KMS = kms.url;
      kms.faults.push(
        { status: 400, type: 'ThrottlingException' },
        { status: 500, type: 'KMSInternalException' },
      );
      await signPackage(packages, REF, openKmsSigner('alias/release'));
      const pem = kms.publicKey.export({ type: 'spki', format: 'pem' }).toString();
      await expect(verifySignature(packages, REF, pem)).resolves.toHaveLength(1);
      expect(kms.asked).toContain('Sign');
    } finally {
      await kms.close();
    }
  });

  it('is not signed where KMS refuses, and the answer of KMS is the reason', async () => {
    const kms = await startKms('ed25519');
    try {
      process.env.AWS_ENDPOINT_URL_KMS = kms.url;
      kms.faults.push({ status: 400, type: 'com.amazonaws.kms#AccessDeniedException' });
      await expect(signPackage(packages, REF, openKmsSigner('alias/release'))).rejects.toMatchObject({
        code: 'KMS_REFUSED',
        message: expect.stringContaining('AccessDeniedException: refused here'),
      });
      expect(kms.asked).toEqual(['GetPublicKey']);
      expect(readdirSync(folder)).toEqual(['model.json']);
    } finally {
      await kms.close();
    }
  });
});
