import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { signedFetch } from '../../../functions/app/src/aws/signed-fetch.ts';

const environment = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'session',
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signs as AWS's page says, step by step: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function expected(path: string, headers: IncomingHttpHeaders): string {
  const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = ['GET', path, '', lines.join(''), signed, headers['x-amz-content-sha256']].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/eu-central-1/lambda/aws4_request`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => hmac(secret, part),
      `AWS4${environment.AWS_SECRET_ACCESS_KEY}`,
    );
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
}

it('a request is signed as a web function wants it: for Lambda, with the checksum of its empty body and the session', async () => {
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    headers = request.headers;
    response.end('seen');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const ask = signedFetch({ service: 'lambda', environment });
    const answer = await ask(new URL(`http://127.0.0.1:${port}/goldens`), AbortSignal.timeout(5000));
    expect(await answer.text()).toBe('seen');
  } finally {
    server.close();
  }
  expect(headers).toMatchObject({ 'x-amz-content-sha256': sha256(''), 'x-amz-security-token': 'session' });
  const { authorization } = headers;
  expect(authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token');
  expect(authorization).toContain(`Signature=${expected('/goldens', headers)}`);
});
