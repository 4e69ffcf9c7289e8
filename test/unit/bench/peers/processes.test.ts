import { describe, expect, it } from 'vitest';
import { LineProcess } from '../../../bench/peers/line-process.ts';
import { findPython } from '../../../bench/peers/python.ts';
import { ServerProcess, type ServerSpec } from '../../../bench/peers/server-process.ts';

/** A server of a few lines: refuses twice, as one that loads its model, then embeds a text as its length. */
const SERVER = `
let asked = 0;
require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; }).on('end', () => {
    asked++;
    response.writeHead(asked < 3 ? 503 : 200).end(JSON.stringify([[JSON.parse(body).inputs.length, asked]]));
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
`;
const node = (script: string): ServerSpec => ({
  name: 'a server',
  command: process.execPath,
  listen: (port) => ({ args: ['-e', script, String(port)] }),
  path: '/embed',
});

describe.runIf(process.platform === 'linux')('a server that is measured', () => {
  it('has started with its first embedding, not when it listens', async () => {
    const server = await ServerProcess.start(node(SERVER), 'hello');
    try {
      expect(await server.embed(['four', 'sixsix'])).toEqual([
        [4, 4],
        [6, 5],
      ]);
      expect(server.start.milliseconds).toBeGreaterThan(0);
      expect(server.start.cpuMilliseconds).toBeGreaterThan(0);
      expect(server.memory().resident).toBeGreaterThan(10e6);
    } finally {
      await server.stop();
    }
    expect(() => server.memory()).toThrow(/ENOENT/);
  });

  it('that ends before it embeds anything fails with the end of its log', async () => {
    const start = ServerProcess.start(node('console.error("no model here"); process.exit(3)'), 'hello');
    await expect(start).rejects.toThrow(/a server gave no embedding: no model here/);
  });

  it('that does not exist fails', async () => {
    const start = ServerProcess.start({ ...node(''), command: '/nowhere/server' }, 'hello');
    await expect(start).rejects.toThrow(expect.objectContaining({ code: 'SUBJECT_FAILED' }));
  });
});

describe('a process that answers lines', () => {
  it('fails with its complaint once it has ended', async () => {
    const ended = new LineProcess('echo', process.execPath, ['-e', 'console.error("out of words")']);
    await expect(ended.line()).rejects.toThrow(/echo ended: out of words/);
    await ended.stop();
  });

  it('that cannot be started fails with the reason', async () => {
    const missing = new LineProcess('echo', '/nowhere/echo', []);
    await expect(missing.line()).rejects.toThrow(/echo ended: .*ENOENT/);
  });
});

describe('Python', () => {
  it('that is not there has no packages', () => {
    const python = findPython('/nowhere/python');
    expect(python.has('onnxruntime')).toBe(false);
    expect(python.versions('torch')).toBe('torch missing');
  });

  it('that says something else has none', () => {
    expect(findPython('/bin/echo').has('numpy')).toBe(false);
  });
});
