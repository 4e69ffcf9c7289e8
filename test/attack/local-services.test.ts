/** The services of this machine under attack: by web pages, by odd requests, by clients that break off, by a full disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalLambda, serveHttpApi } from '../../infra/local/src/index.ts';
import { reportSchema } from '../../infra/local/src/s3/protocol.ts';
import { type S3Server, startS3 } from '../../infra/local/src/s3/server.ts';
import { startSqs } from '../../infra/local/src/sqs/server.ts';
import { cases } from './scale.ts';

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
afterAll(() => agent.destroy());

/** The path goes out as it is: `fetch` would tidy it up. */
async function send(
  endpoint: string,
  path: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<Got> {
  const { hostname, port } = new URL(endpoint);
  const asked = request({ hostname, port, path, method, headers, agent });
  const answered = once(asked, 'response');
  asked.end(body);
  const [response] = await answered;
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-attack-'));
const canary = join(scratch, 'canary');
const folder = join(scratch, 'objects');
const notifications: string[] = [];
const failures: unknown[] = [];
let s3: S3Server;
beforeAll(async () => {
  mkdirSync(canary);
  writeFileSync(join(canary, 'file'), 'untouched');
  s3 = await startS3({
    bucket: 'uploads',
    folder,
    notify: (notification) => notifications.push(notification),
    failed: (error) => failures.push(error),
  });
});
afterAll(async () => {
  await s3.close();
  rmSync(scratch, { recursive: true, force: true });
});

const put = (key: string, body: string | Buffer = 'x') =>
  send(s3.endpoint, `/uploads/${encodeURIComponent(key)}`, { method: 'PUT', body });
const codeOf = ({ body }: Got) => /<Code>(\w+)<\/Code>/.exec(body)?.[1];

/** Nothing beside the folder of objects, and nothing in it that an object does not need. */
function expectUntouched(): void {
  expect(readdirSync(scratch).sort()).toEqual(['canary', 'objects']);
  expect(readdirSync(canary)).toEqual(['file']);
  expect(readFileSync(join(canary, 'file'), 'utf8')).toBe('untouched');
  expect(readdirSync(folder, { withFileTypes: true }).every((entry) => entry.isFile())).toBe(true);
}

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
        const { status } = await send(s3.endpoint, `/${up}`, { method });
        expect(status, `${method} /${up}`).toBeGreaterThanOrEqual(400);
        expect(status, `${method} /${up}`).toBeLessThan(500);
      }
    }
    expectUntouched();
  });

  it('as the key of an object: it is a key like any other', async () => {
    for (const up of UPWARDS.flatMap((path) => WAYS.map((way) => way(path)))) {
      expect((await send(s3.endpoint, `/uploads/${up}`, { method: 'PUT', body: up })).status, up).toBe(200);
      expect((await send(s3.endpoint, `/uploads/${up}`)).body, up).toBe(up);
      expect((await send(s3.endpoint, `/uploads/${up}`, { method: 'DELETE' })).status, up).toBe(204);
    }
    expectUntouched();
  });

  const upload = async () => {
    const { body } = await send(s3.endpoint, '/uploads/x?uploads', { method: 'POST' });
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
      const answer = await send(s3.endpoint, path, { method: 'PUT', body: 'owned' });
      // The id that is none in capital letters aside, every refusal has a reason of S3.
      expect(['NoSuchUpload', 'InvalidArgument'], path).toContain(codeOf(answer));
    }
    for (const method of ['POST', 'DELETE', 'GET']) {
      const body =
        '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>';
      const path = '/uploads/x?uploadId=..%2Fcanary';
      expect((await send(s3.endpoint, path, { method, body: method === 'POST' ? body : '' })).status).toBe(
        404,
      );
    }
    expect((await send(s3.endpoint, `/uploads/x?uploadId=${id}`, { method: 'DELETE' })).status).toBe(204);
    expectUntouched();
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
      const answer = await send(s3.endpoint, '/uploads/copy', { method: 'PUT', headers });
      expect(answer.status, source).toBe(404);
    }
    expectUntouched();
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
          const answer = await send(s3.endpoint, path, { method });
          expect(['NotImplemented', 'MethodNotAllowed'], `${method} ${path}`).toContain(codeOf(answer));
        }
      }
    }
    for (const method of ['PUT', 'DELETE'])
      expect((await send(s3.endpoint, '/uploads', { method })).status).toBe(405);
    expect(codeOf(await send(s3.endpoint, '/uploads?prefix=a&prefix=b'))).toBe('InvalidArgument');
    expect((await send(s3.endpoint, '/uploads')).status).toBe(200);
  });
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
    await put('k');
    const answer = await send(s3.endpoint, path, {
      method: 'POST',
      headers: { 'content-type': type, origin: 'http://evil.example' },
      body,
    });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied']);
    expect((await send(s3.endpoint, '/uploads/k')).status).toBe(200);
    expectUntouched();
  });

  it('that an uploaded file is cannot run scripts', async () => {
    const headers = { 'content-type': 'text/html' };
    await send(s3.endpoint, '/uploads/page', { method: 'PUT', headers, body: '<script>1</script>' });
    const page = await send(s3.endpoint, '/uploads/page');
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
    for (const endpoint of [s3.endpoint, sqs.endpoint, lambda.url, api.url]) {
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

describe('XML', () => {
  const MEGABYTE = 2 ** 20;
  const parts = (inner: string) => `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`;
  const hostile: Readonly<Record<string, string>> = {
    'of no element': '',
    'of text': 'hello',
    'of another root': '<Other/>',
    'with two roots': `${parts('')}${parts('')}`,
    'with a document type': `<!DOCTYPE a [<!ENTITY a "b">]>${parts('')}`,
    'with an entity of its own': parts('<Part><PartNumber>1</PartNumber><ETag>&a;</ETag></Part>'),
    'with a comment': parts('<!-- a -->'),
    'with a section': parts('<Part><ETag><![CDATA[a]]></ETag></Part>'),
    'with an element that is not closed': '<CompleteMultipartUpload><Part>',
    'with elements that cross': parts('<Part><ETag></Part></ETag>'),
    'with text between elements': parts('a<Part><PartNumber>1</PartNumber><ETag>b</ETag></Part>'),
    'with no part': parts(''),
    'with a field twice': parts('<Part><ETag>a</ETag><ETag>b</ETag></Part>'),
    'with an unknown field': parts('<Part><Path>../../x</Path></Part>'),
    'with a part of number 0': parts('<Part><PartNumber>0</PartNumber><ETag>a</ETag></Part>'),
    'with a character that is none': parts('<Part><PartNumber>1</PartNumber><ETag>&#x110000;</ETag></Part>'),
    'a million levels deep': '<a>'.repeat(MEGABYTE),
    'of a million elements': parts('<a/>'.repeat(MEGABYTE - 100)),
    'of a tag without an end': `<${'a'.repeat(3 * MEGABYTE)}`,
    'of a tag with endless attributes': `<a ${'b="c" '.repeat(MEGABYTE / 2)}`,
    'of ampersands': parts('&'.repeat(3 * MEGABYTE)),
    'of references': parts('&amp;'.repeat(MEGABYTE / 2)),
    'of angles': '<'.repeat(3 * MEGABYTE),
  };

  it.each(Object.keys(hostile))('%s is refused, and costs little', async (name) => {
    const { body } = await send(s3.endpoint, '/uploads/x?uploads', { method: 'POST' });
    const id = /<UploadId>([0-9a-f]{32})</.exec(body)?.[1];
    for (const path of [`/uploads/x?uploadId=${id}`, '/uploads?delete']) {
      const before = process.cpuUsage();
      const answer = await send(s3.endpoint, path, { method: 'POST', body: hostile[name] ?? '' });
      const { user, system } = process.cpuUsage(before);
      expect(codeOf(answer), path).toBe('MalformedXML');
      // Sending and reading some megabytes is most of it; work that grows with the square would take minutes.
      expect((user + system) / 1000, path).toBeLessThan(1000);
    }
  });

  it('without an end is refused once it is too long', async () => {
    const answer = await send(s3.endpoint, '/uploads?delete', {
      method: 'POST',
      body: ' '.repeat(9 * MEGABYTE),
    });
    expect(codeOf(answer)).toBe('EntityTooLarge');
  });
});

describe('a client that breaks off', () => {
  /** Sends some of a body, and no more. */
  const begin = (path: string, headers: Record<string, string | number>, some: string): ClientRequest => {
    const { hostname, port } = new URL(s3.endpoint);
    const asked = request({ hostname, port, path, method: 'PUT', headers });
    asked.on('error', () => {});
    asked.write(some);
    return asked;
  };
  const contents = () => readdirSync(folder).length;

  it('leaves nothing behind, and nothing that others can see', async () => {
    const count = contents();
    const kinds = [
      { 'content-length': 1_000_000 },
      { 'transfer-encoding': 'chunked' },
      {
        'content-length': 1_000_000,
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': 999_000,
      },
    ];
    const begun = Array.from({ length: cases({ short: 60, long: 600 }) }, (_, i) =>
      begin(`/uploads/broken-${i}`, kinds[i % kinds.length] ?? {}, `10000\r\n${'x'.repeat(5000)}`),
    );
    await expect.poll(contents, { timeout: 20_000 }).toBe(count + begun.length);
    for (const [i, asked] of begun.entries()) {
      if (i % 2 === 0) asked.destroy();
      else asked.socket?.resetAndDestroy();
    }
    await expect.poll(contents, { timeout: 20_000 }).toBe(count);
    expect((await send(s3.endpoint, '/uploads?prefix=broken-')).body).not.toContain('<Contents>');
    expect((await put('after')).status).toBe(200);
    expect(failures).toEqual([]);
  });

  it('or never ends keeps nobody waiting', async () => {
    const slow = Array.from({ length: cases({ short: 100, long: 700 }) }, (_, i) =>
      begin(`/uploads/slow-${i}`, { 'content-length': 100 }, 'x'),
    );
    for (let i = 0; i < 20; i++) expect((await put(`quick-${i}`)).status).toBe(200);
    for (const asked of slow) asked.destroy();
    await expect.poll(contents, { timeout: 20_000 }).toBeLessThan(slow.length);
  });

  it.each([
    ['a chunk of no length', 'zz\r\nabc\r\n0\r\n\r\n', 'IncompleteBody'],
    ['a chunk that is shorter', '5\r\nabc\r\n0\r\n\r\n', 'IncompleteBody'],
    ['no last chunk', '3\r\nabc\r\n', 'IncompleteBody'],
    ['a line without an end', `3${';'.repeat(5000)}`, 'IncompleteBody'],
    ['a length that is wrong', '3\r\nabc\r\n0\r\n\r\n', 'IncompleteBody'],
    ['trailers without an end', `4\r\nabcd\r\n0\r\n${'a:b\r\n'.repeat(50)}`, 'IncompleteBody'],
    ['another checksum', '4\r\nabcd\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'BadDigest'],
    ['no checksum, though one is announced', '4\r\nabcd\r\n0\r\n\r\n', 'BadDigest'],
  ])('of aws-chunked that has %s is refused, and nothing is kept', async (_, body, code) => {
    const headers = {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '4',
      ...(code === 'BadDigest' && { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
    };
    const count = contents();
    const answer = await send(s3.endpoint, '/uploads/coded', { method: 'PUT', headers, body });
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
    expect((await send(s3.endpoint, '/uploads/coded')).status).toBe(404);
    expect(contents()).toBe(count);
  });
});

it('a full disk is an answer, and S3 goes on', async () => {
  const objects = join(scratch, 'full');
  const program = join(import.meta.dirname, '../../infra/local/src/s3/s3-process.ts');
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

it('every key of at most 1,024 bytes comes back as it was, in the order of its bytes in UTF-8', async () => {
  const server = await startS3({ bucket: 'keys', folder: join(scratch, 'keys') });
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
    { numRuns: cases({ short: 10, long: 100 }) },
  );
  await server.close();
  rmSync(join(scratch, 'keys'), { recursive: true });
  expectUntouched();
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
