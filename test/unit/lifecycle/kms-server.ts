/** A KMS on loopback that has one key, and proves the Signature Version 4 of each request as AWS describes it. */
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const CREDENTIALS = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'session',
};

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const hmac = (key: string | Buffer, content: string) => createHmac('sha256', key).update(content).digest();

export async function startKms(kind: 'ed25519' | 'P-256') {
  const { privateKey, publicKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** Answers that are given before any other: type and status. */
  const faults: { status: number; type: string }[] = [];
  const asked: string[] = [];
  const answer = (action: string, wanted: Record<string, string>) => {
    if (action === 'GetPublicKey') {
      const PublicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      return { PublicKey, SigningAlgorithms: [kind === 'ed25519' ? 'ED25519_SHA_512' : 'ECDSA_SHA_256'] };
    }
    const algorithm = kind === 'ed25519' ? 'ED25519_SHA_512' : 'ECDSA_SHA_256';
    if (wanted.MessageType !== 'RAW' || wanted.SigningAlgorithm !== algorithm) return undefined;
    const message = Buffer.from(wanted.Message ?? '', 'base64');
    return { Signature: sign(kind === 'ed25519' ? null : 'sha256', message, privateKey).toString('base64') };
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    asked.push(action);
    const fault = faults.shift() ?? refuse(request, body);
    const made = fault ? undefined : answer(action, JSON.parse(body));
    response.writeHead(made ? 200 : (fault?.status ?? 400), { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(made ?? { __type: fault?.type ?? 'ValidationException', message: 'refused here' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publicKey,
    faults,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function refuse({ method, url, headers }: IncomingMessage, body: string) {
  const [, credential = '', signed = '', signature] =
    /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers.authorization ?? '') ?? [];
  const [accessKey, ...scope] = credential.split('/');
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, url, '', lines.join(''), signed, sha256(body)].join('\n');
  const time = String(headers['x-amz-date']);
  const key = scope.reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${CREDENTIALS.AWS_SECRET_ACCESS_KEY}`,
  );
  const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n'));
  const isWhole = ['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'].every(
    (name) => signed.split(';').includes(name),
  );
  const isGood =
    isWhole && accessKey === CREDENTIALS.AWS_ACCESS_KEY_ID && expected.toString('hex') === signature;
  const isOurs = scope.slice(1).join('/') === 'eu-central-1/kms/aws4_request';
  return isGood && isOurs ? undefined : { status: 400, type: 'IncompleteSignatureException' };
}
