/** The services of this machine under attack: by web pages, by odd requests, by clients that break off, by a full disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { LocalLambda, serveHttpApi } from '../../infra/local/src/index.ts';
import { reportSchema } from '../../infra/local/src/s3/process/protocol.ts';
import { startS3Process } from '../../infra/local/src/s3/process/start-process.ts';
import { startS3 } from '../../infra/local/src/s3/server.ts';
import { startSqs } from '../../infra/local/src/sqs/server.ts';
import { run } from '../e2e/command.ts';
import { cases } from '../scale.ts';
import { attackedS3, codeOf, expectUntouched, send } from './local-s3.ts';

const s3 = attackedS3();
const ask = (path: string, sent: Parameters<typeof send>[2] = {}) => send(s3.server.endpoint, path, sent);

const UPWARDS = ['..', '../..', '../canary', '../canary/file', '/etc', '..%2fcanary'];
const WAYS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.replaceAll('/', '%2F'),
  (path) => path.replaceAll('.', '%2e').replaceAll('/', '%2f'),
  (path) => path.replaceAll('/', '%5C'),
  (path) => path.replaceAll('..', '%252e%252e'),
];

describe('no path leads out of local S3', () => {
  it('as the name of a bucket, whatever the method', async () => {
    for (const up of UPWARDS.flatMap((path) => WAYS.map((way) => way(path)))) {
      for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
        const { status } = await ask(`/${up}`, { method });
        expect(status, `${method} /${up}`).toBeGreaterThanOrEqual(400);
        expect(status, `${method} /${up}`).toBeLessThan(500);
      }
    }
    expectUntouched(s3);
  });

  it('as the key of an object: it is a key like any other', async () => {
    for (const up of UPWARDS.flatMap((path) => WAYS.map((way) => way(path)))) {
      expect((await ask(`/uploads/${up}`, { method: 'PUT', body: up })).status, up).toBe(200);
      expect((await ask(`/uploads/${up}`)).body, up).toBe(up);
      expect((await ask(`/uploads/${up}`, { method: 'DELETE' })).status, up).toBe(204);
    }
    expectUntouched(s3);
  });

  const upload = async () => {
    const { body } = await ask('/uploads/x?uploads', { method: 'POST' });
    return /<UploadId>([0-9a-f]{32})<\/UploadId>/.exec(body)?.[1] ?? '';
  };

  it('as the id or the number of an upload', async () => {
    const id = await upload();
    const ids = [
      '',
      '.',
      '..',
      '../canary',
      '../../canary',
      '%2e%2e%2fcanary',
      `${id}/../canary`,
      id.toUpperCase(),
      'f'.repeat(32),
    ];
    const numbers = [
      '',
      '0',
      '-1',
      '10001',
      '1e1',
      '0x1',
      '1.5',
      '.bashrc',
      '../file',
      '9'.repeat(300),
      '1%00',
      '%20',
    ];
    for (const [uploadId, number] of [...ids.map((bad) => [bad, '1']), ...numbers.map((bad) => [id, bad])]) {
      const path = `/uploads/x?uploadId=${uploadId}&partNumber=${number}`;
      const answer = await ask(path, { method: 'PUT', body: 'owned' });
      // The id that is none in capital letters aside, every refusal has a reason of S3.
      expect(['NoSuchUpload', 'InvalidArgument'], path).toContain(codeOf(answer));
    }
    for (const method of ['POST', 'DELETE', 'GET']) {
      const body =
        '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>';
      const path = '/uploads/x?uploadId=..%2Fcanary';
      expect((await ask(path, { method, body: method === 'POST' ? body : '' })).status).toBe(404);
    }
    expect((await ask(`/uploads/x?uploadId=${id}`, { method: 'DELETE' })).status).toBe(204);
    expectUntouched(s3);
  });

  it('as the source of a copy', async () => {
    for (const source of [
      '../canary/file',
      '/etc/passwd',
      'uploads/../canary/file',
      '..%2Fcanary%2Ffile',
      'other/x',
      '',
    ]) {
      const headers = { 'x-amz-copy-source': source };
      const answer = await ask('/uploads/copy', { method: 'PUT', headers });
      expect(answer.status, source).toBe(404);
    }
    expectUntouched(s3);
  });

  it('and what no operation names is refused', async () => {
    const subresources = [
      'acl',
      'policy',
      'cors',
      'lifecycle',
      'logging',
      'notification',
      'tagging',
      'torrent',
      'versions',
      'website',
      'select',
      'x',
    ];
    for (const name of subresources) {
      for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
        for (const path of [`/uploads?${name}`, `/uploads/a?${name}`]) {
          const answer = await ask(path, { method });
          expect(['NotImplemented', 'MethodNotAllowed'], `${method} ${path}`).toContain(codeOf(answer));
        }
      }
    }
    for (const method of ['PUT', 'DELETE']) expect((await ask('/uploads', { method })).status).toBe(405);
    expect(codeOf(await ask('/uploads?prefix=a&prefix=b'))).toBe('InvalidArgument');
    expect((await ask('/uploads')).status).toBe(200);
  });
});

it('a container reaches local S3 by a name that was allowed, and by no other', async () => {
  const allowedHosts = ['host.docker.internal'];
  const server = await startS3({ bucket: 'uploads', folder: s3.folder, allowedHosts });
  const statusOf = async (host: string) =>
    (await send(server.endpoint, '/uploads', { headers: { host } })).status;
  expect(await statusOf('host.docker.internal:4568')).toBe(200);
  expect(await statusOf('docker.internal')).toBe(403);
  await server.close();
});

describe('a web page', () => {
  const xml = '<Delete><Object><Key>k</Key></Object></Delete>';
  const form =
    '--b\r\ncontent-disposition: form-data; name="key"\r\n\r\n../../canary/form\r\n--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nhi';

  it.each([
    ['a form', '/uploads', 'multipart/form-data; boundary=b', `${form}\r\n--b--\r\n`],
    ['a form without its end', '/uploads', 'multipart/form-data; boundary=b', form],
    ['a deletion', '/uploads?delete', 'text/plain', xml],
    ['an upload', '/uploads/x?uploads', 'text/plain', ''],
  ])('cannot send %s to local S3, which a browser asks nobody about', async (_, path, type, body) => {
    await ask('/uploads/k', { method: 'PUT', body: 'x' });
    const answer = await ask(path, {
      method: 'POST',
      headers: { 'content-type': type, origin: 'http://evil.example' },
      body,
    });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied']);
    expect((await ask('/uploads/k')).status).toBe(200);
    expectUntouched(s3);
  });

  it('that an uploaded file is cannot run scripts', async () => {
    const headers = { 'content-type': 'text/html' };
    await ask('/uploads/page', { method: 'PUT', headers, body: '<script>1</script>' });
    const page = await ask('/uploads/page');
    expect(page.headers).toMatchObject({
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
  });

  it('reaches no service of this machine, under no name', async () => {
    const sqs = await startSqs({ work: { visibilitySeconds: 30 } });
    const lambda = await LocalLambda.start({ functions: [] });
    const invoke = () => Promise.reject(new TypeError('no function is run here'));
    const api = await serveHttpApi({ invoke, functionName: 'none' });
    const hosts = [
      'evil.example',
      'evil.example:80',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      'localhost@evil',
      '169.254.169.254',
      '[::2]',
      '0.0.0.0',
      '2130706433',
      '::1',
      ' ',
      'localhost:x',
      'a/../b',
      'a#b',
    ];
    const foreign: Record<string, string>[] = [
      ...hosts.map((host) => ({ host })),
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ];
    for (const endpoint of [s3.server.endpoint, sqs.endpoint, lambda.url, api.url]) {
      for (const headers of foreign) {
        const answer = await send(endpoint, '/', { headers });
        expect(answer.status, `${endpoint} ${JSON.stringify(headers)}`).toBe(403);
        expect(answer.body).toMatch(/localhost|Origin|Sec-Fetch-Site/);
      }
      const { port } = new URL(endpoint);
      for (const host of [
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `[::1]:${port}`,
        'LOCALHOST',
        '127.0.0.2',
      ]) {
        expect((await send(endpoint, '/', { headers: { host } })).status, host).not.toBe(403);
      }
    }
    await Promise.all([sqs.close(), lambda.close(), api.close()]);
  });
});

it('a full disk is an answer, and S3 goes on', async () => {
  const objects = join(s3.scratch, 'full');
  const program = join(import.meta.dirname, '../../infra/local/src/s3/process/s3-process.ts');
  // No file of this process may have more than 100 kB.
  const child = spawn('bash', ['-c', 'ulimit -f 100; exec "$0" "$1"', process.execPath, program], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const reports: string[] = [];
  const listening = Promise.withResolvers<string>();
  child.on('message', (message) => {
    const report = reportSchema.parse(message);
    if (report.kind === 'listening') listening.resolve(report.endpoint);
    if (report.kind === 'failed') reports.push(report.message);
  });
  child.send({ bucket: 'uploads', folder: objects });
  const endpoint = await listening.promise;
  for (const size of [5_000_000, 200_000]) {
    const full = await send(endpoint, '/uploads/big', { method: 'PUT', body: Buffer.alloc(size) });
    expect([full.status, codeOf(full)]).toEqual([507, 'StorageFull']);
  }
  expect(reports).toHaveLength(2);
  expect((await send(endpoint, '/uploads/big')).status).toBe(404);
  expect((await send(endpoint, '/uploads/small', { method: 'PUT', body: 'x' })).status).toBe(200);
  expect(readdirSync(objects)).toHaveLength(1);
  // It ends with whoever started it, and takes its folder along.
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
  expect(existsSync(objects)).toBe(false);
});

describe('the process of local S3', () => {
  const signalled = async (folder: string, signal: NodeJS.Signals) => {
    const told: string[] = [];
    const server = await startS3Process({
      bucket: 'uploads',
      folder,
      failed: (problem) => told.push(problem),
    });
    const { stdout } = await run(['ps', '-A', '-o', 'pid=,ppid=,args=']);
    const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/));
    const [child] = processes.filter(
      ([, parent, ...args]) => Number(parent) === process.pid && args.join(' ').includes('s3-process'),
    );
    process.kill(Number(child?.[0]), signal);
    return { server, told };
  };

  it('tells of its end to the one that started it, which goes on', async () => {
    const folder = join(s3.scratch, 'process');
    const { server, told } = await signalled(folder, 'SIGKILL');
    await expect.poll(() => told).toEqual([expect.stringContaining('S3 has ended (SIGKILL)')]);
    await server.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('is killed where it does not end by itself, so that nobody waits for it', async () => {
    const folder = join(s3.scratch, 'stopped');
    const { server, told } = await signalled(folder, 'SIGSTOP');
    await server.close();
    expect([existsSync(folder), told]).toEqual([false, []]);
  }, 30_000);
});

it('every key of at most 1,024 bytes comes back as it was, in the order of its bytes in UTF-8', async () => {
  const server = await startS3({ bucket: 'keys', folder: join(s3.scratch, 'keys') });
  const character = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%',
      '+',
      ' ',
      '\\',
      '?',
      '#',
      '&',
      '<',
      '\n',
      '\r',
      '\t',
      '\u0001',
      '\u007f',
      'é',
      'e\u0301',
      '😀',
      '\ue000',
      '\uffff',
      '\u2028',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  );
  const key = fc
    .oneof(
      fc.array(character, { minLength: 1, maxLength: 20 }).map((characters) => characters.join('')),
      fc.integer({ min: 500, max: 1024 }).map((length) => 'k'.repeat(length)),
    )
    .filter((one) => one.isWellFormed() && !one.includes('\0') && Buffer.byteLength(one) <= 1024);
  const keys = fc.uniqueArray(key, { minLength: 100, maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 40 }), async (wanted, pageSize) => {
      const path = (one: string) => `/keys/${encodeURIComponent(one)}`;
      const sent = wanted.map((one) =>
        send(server.endpoint, path(one), { method: 'PUT', body: `of ${one}` }),
      );
      expect((await Promise.all(sent)).every(({ status }) => status === 200)).toBe(true);
      for (const one of wanted) expect((await send(server.endpoint, path(one))).body).toBe(`of ${one}`);
      const listed = await listAll(server.endpoint, pageSize);
      expect(listed).toEqual(wanted.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      for (const one of wanted) await send(server.endpoint, path(one), { method: 'DELETE' });
      expect(await listAll(server.endpoint, pageSize)).toEqual([]);
    }),
    { numRuns: cases({ short: 5, long: 100 }) },
  );
  await server.close();
  rmSync(join(s3.scratch, 'keys'), { recursive: true });
  expectUntouched(s3);
});

async function listAll(endpoint: string, pageSize: number): Promise<string[]> {
  const keys: string[] = [];
  for (let token: string | undefined = ''; token !== undefined; ) {
    const after: string = token === '' ? '' : `&continuation-token=${encodeURIComponent(token)}`;
    const path = `/keys?list-type=2&encoding-type=url&max-keys=${pageSize}${after}`;
    const { body } = await send(endpoint, path);
    for (const [, shown = ''] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) {
      keys.push(decodeURIComponent(shown.replaceAll('&#x27;', "'")));
    }
    token = /<NextContinuationToken>([^<]*)</.exec(body)?.[1];
  }
  return keys;
}

describe('local Lambda', () => {
  it('answers odd addresses of its Invoke API with what is wrong with them', async () => {
    const lambda = await LocalLambda.start({ functions: [] });
    const functions = '/2015-03-31/functions';
    const odd = ['%zz', '%', '%00', '..', '%2e%2e%2f', '__proto__', 'constructor', ':', 'a:b:c', 'é'];
    const paths = odd.map((name) => `${functions}/${encodeURI(name).replaceAll('%25', '%')}/invocations`);
    for (const path of [...paths, '//', '//a:b', '/?', `${functions}//invocations`, '/%zz?%zz=%']) {
      const { status, body } = await send(lambda.url, path, { method: 'POST', body: '{}' });
      expect([path, status]).toEqual([path, 404]);
      expect(JSON.parse(body)).toMatchObject({ Type: 'User' });
    }
    await lambda.close();
  });

  it('leaves no folder where its code cannot be placed', async () => {
    vi.stubEnv('TMPDIR', s3.scratch);
    const before = readdirSync(s3.scratch);
    const broken = { name: 'broken', taskRoot: join(s3.scratch, 'nowhere') };
    await expect(LocalLambda.start({ functions: [broken] })).rejects.toThrow('ENOENT');
    expect(readdirSync(s3.scratch)).toEqual(before);
    vi.unstubAllEnvs();
  });
});
