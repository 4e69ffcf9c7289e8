/** Clients of a server in a process of their own. Each line of its input is a command, to which it writes what came of it. */
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../fixtures/random.ts';
import { countTokens, TextMaker } from '../texts.ts';
import { Connection, postBytes } from './connection.ts';
import type { ClientsConfig, LoadCommand, LoadReply } from './protocol.ts';

/** The time that a refused client waits before it tries again. */
const BACK_OFF_MS = 100;

interface Request {
  readonly tokens: number;
  readonly bytes: Uint8Array;
}

const config: ClientsConfig = JSON.parse(process.argv[2] ?? '{}');
const texts = new TextMaker(config.tokenizer, config.seed).lognormal(config.texts, config.lengths);
const random = new Random(config.seed);
let sent = 0;

process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  const reply = await obey(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function obey(command: LoadCommand): Promise<LoadReply> {
  const url = new URL(command.url);
  const requests = texts.map((text): Request => {
    return { tokens: countTokens(text), bytes: postBytes(url, { inputs: text }) };
  });
  const begin = performance.now() + command.warmSeconds * 1000;
  const end = begin + command.seconds * 1000;
  const statuses: Record<string, number> = {};
  const samples: [number, number][] = [];
  const next = (): Request => requests[sent++ % requests.length] ?? { tokens: 0, bytes: new Uint8Array() };

  /** Latency counts from when the request was due: one that had to wait for its turn to be sent has waited. */
  const exchange = async (connection: Connection, due: number): Promise<number> => {
    const { tokens, bytes } = next();
    const status = await connection.send(bytes);
    const now = performance.now();
    if (now < begin || now > end) return status;
    const name = status === 0 ? 'broken' : String(status);
    statuses[name] = (statuses[name] ?? 0) + 1;
    if (status === 200) samples.push([tokens, now - due]);
    return status;
  };

  const closed = async (): Promise<void> => {
    let connection = new Connection(url);
    while (performance.now() < end) {
      const status = await exchange(connection, performance.now());
      if (connection.broken) connection = new Connection(url);
      if (status !== 200) await pause(BACK_OFF_MS);
    }
    connection.close();
  };

  const open = async (rate: number): Promise<void> => {
    const idle: Connection[] = [];
    const underWay = new Set<Promise<void>>();
    const send = async (due: number): Promise<void> => {
      const connection = idle.pop() ?? new Connection(url);
      await exchange(connection, due);
      if (!connection.broken) idle.push(connection);
    };
    for (let due = performance.now(); due < end; due += (-Math.log(1 - random.uniform()) / rate) * 1000) {
      await pause(Math.max(0, due - performance.now()));
      const sending = send(due);
      underWay.add(sending);
      void sending.then(() => underWay.delete(sending));
    }
    await Promise.all(underWay);
    for (const connection of idle) connection.close();
  };

  if (command.do === 'open') await open(command.rate);
  else await Promise.all(Array.from({ length: command.clients }, closed));
  return { statuses, samples };
}
