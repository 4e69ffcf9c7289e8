import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineProcess } from '../../../bench/peers/line-process.ts';
import type { LoadCommand, LoadReply } from '../../../bench/peers/protocol.ts';
import { countTokens } from '../../../bench/texts.ts';
import { SHAPES, writeCheckpoint } from '../../../fixtures/checkpoints.ts';

const CLIENTS = join(import.meta.dirname, '../../../bench/peers/clients-process.ts');

describe.runIf(process.platform === 'linux')('the clients of bench peers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-clients-'));
  const received: string[] = [];
  const sockets = new Set<unknown>();
  let status = (_request: number) => 200;
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    void text(request).then((body) => {
      received.push(JSON.parse(body).inputs);
      response.writeHead(status(received.length)).end('[[1]]');
    });
  });
  let clients: LineProcess;
  let url = '';

  beforeAll(async () => {
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, folder);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${listeningPort(server)}/embed`;
    const config = { tokenizer: join(folder, 'tokenizer.json'), seed: 1, maxTokens: 64 };
    clients = new LineProcess('clients', process.execPath, [CLIENTS, JSON.stringify(config)]);
    expect(await clients.line()).toBe('ready');
  });
  afterAll(async () => {
    await clients.stop();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const load = (command: Pick<LoadCommand, 'kind' | 'clients' | 'requests'>) => {
    received.length = 0;
    sockets.clear();
    return clients.ask<LoadReply>({ url, pid: process.pid, ...command });
  };

  it('count the answers after the first ten, from one connection each', async () => {
    const { latencies, failed, milliseconds } = await load({ kind: 'short', clients: 3, requests: 40 });
    expect(latencies).toHaveLength(40);
    expect(failed).toBe(0);
    expect(milliseconds).toBeGreaterThan(0);
    expect(sockets.size).toBe(3);
    // Those that were under way when the last one that counts was answered.
    expect(received.length).toBeGreaterThanOrEqual(50);
    expect(received.length).toBeLessThan(53);
  });

  it('send texts of 16 tokens, or of mixed lengths up to what the model takes', async () => {
    await load({ kind: 'short', clients: 1, requests: 20 });
    expect(new Set(received.map(countTokens))).toEqual(new Set([16]));
    await load({ kind: 'mixed', clients: 1, requests: 100 });
    const lengths = received.map(countTokens);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...lengths)).toBe(64);
    expect(new Set(lengths).size).toBeGreaterThan(10);
  });

  it('send the same texts again to the next server', async () => {
    await load({ kind: 'mixed', clients: 1, requests: 30 });
    const before = [...received];
    await load({ kind: 'mixed', clients: 1, requests: 30 });
    expect(received).toEqual(before);
  });

  it('tell of answers that are no embeddings', async () => {
    status = (request) => (request % 4 === 0 ? 429 : 200);
    const { latencies, failed } = await load({ kind: 'short', clients: 1, requests: 40 });
    status = () => 200;
    expect([latencies.length, failed]).toEqual([30, 10]);
  });
});
