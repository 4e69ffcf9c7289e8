/** Bodies that local S3 cannot trust: XML, coded chunks, and those of clients that break off. */
import { readdirSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { cases } from '../scale.ts';
import { attackedS3, codeOf, send } from './local-s3.ts';

const s3 = attackedS3();
const ask = (path: string, sent: Parameters<typeof send>[2] = {}) => send(s3.server.endpoint, path, sent);

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
    const { body } = await ask('/uploads/x?uploads', { method: 'POST' });
    const id = /<UploadId>([0-9a-f]{32})</.exec(body)?.[1];
    for (const path of [`/uploads/x?uploadId=${id}`, '/uploads?delete']) {
      const before = process.cpuUsage();
      const answer = await ask(path, { method: 'POST', body: hostile[name] ?? '' });
      const { user, system } = process.cpuUsage(before);
      expect(codeOf(answer), path).toBe('MalformedXML');
      // Sending and reading some megabytes is most of it; work that grows with the square would take minutes.
      expect((user + system) / 1000, path).toBeLessThan(1000);
    }
  });

  it('without an end is refused once it is too long', async () => {
    const answer = await ask('/uploads?delete', {
      method: 'POST',
      body: ' '.repeat(9 * MEGABYTE),
    });
    expect(codeOf(answer)).toBe('EntityTooLarge');
  });
});

describe('a client that breaks off', () => {
  /** Sends some of a body, and no more. */
  const begin = (path: string, headers: Record<string, string | number>, some: string): ClientRequest => {
    const { hostname, port } = new URL(s3.server.endpoint);
    const asked = request({ hostname, port, path, method: 'PUT', headers });
    asked.on('error', () => {});
    asked.write(some);
    return asked;
  };
  const contents = () => readdirSync(s3.folder).length;

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
    expect((await ask('/uploads?prefix=broken-')).body).not.toContain('<Contents>');
    expect((await ask('/uploads/after', { method: 'PUT', body: 'x' })).status).toBe(200);
    expect(s3.failures).toEqual([]);
  });

  it('or never ends keeps nobody waiting', async () => {
    const count = contents();
    const slow = Array.from({ length: cases({ short: 100, long: 700 }) }, (_, i) =>
      begin(`/uploads/slow-${i}`, { 'content-length': 100 }, 'x'),
    );
    await expect.poll(contents, { timeout: 20_000 }).toBe(count + slow.length);
    for (let i = 0; i < 20; i++) {
      expect((await ask(`/uploads/quick-${i}`, { method: 'PUT', body: 'x' })).status).toBe(200);
    }
    for (const asked of slow) asked.destroy();
    await expect.poll(contents, { timeout: 20_000 }).toBe(count + 20);
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
    const answer = await ask('/uploads/coded', { method: 'PUT', headers, body });
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
    expect((await ask('/uploads/coded')).status).toBe(404);
    expect(contents()).toBe(count);
  });

  it.each(['aws-chunked', 'AWS-Chunked', 'gzip, Aws-Chunked'])(
    'of %s is kept without that coding',
    async (coding) => {
      const headers = { 'content-encoding': coding };
      const body = '4\r\nabcd\r\n0\r\n\r\n';
      expect((await ask('/uploads/coded', { method: 'PUT', headers, body })).status).toBe(200);
      expect((await ask('/uploads/coded')).body).toBe('abcd');
    },
  );
});
