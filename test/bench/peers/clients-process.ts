/** Clients of a server in a process of their own. Each line of its input is a command, to which it writes what came of it. */
import { createInterface } from 'node:readline';
import { Connection, postBytes } from '../load/connection.ts';
import type { Lognormal } from '../texts.ts';
import { TextMaker } from '../texts.ts';
import type { ClientsConfig, LoadCommand, LoadReply, TextKind } from './protocol.ts';
import { cpuMilliseconds } from './usage.ts';

/** Different texts of each kind, before the first comes again. */
const TEXTS = 512;
const LENGTHS: Readonly<Record<TextKind, Lognormal>> = {
  short: { typical: 16, sigma: 0, shortest: 16, longest: 16 },
  mixed: { typical: 32, sigma: 1, shortest: 8, longest: 256 },
};
/** Answers before the first one that counts, at least. */
const WARM = 10;

const config: ClientsConfig = JSON.parse(process.argv[2] ?? '{}');
const maker = new TextMaker(config.tokenizer, config.seed);
const make = ({ longest, ...lengths }: Lognormal) =>
  maker.lognormal(TEXTS, { ...lengths, longest: Math.min(longest, config.maxTokens) });
const texts: Readonly<Record<TextKind, readonly string[]>> = {
  short: make(LENGTHS.short),
  mixed: make(LENGTHS.mixed),
};

process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(line)))}\n`);
}

/** Clients go on until the last answer that counts is there, so that the server is never less busy at the end. */
async function load({ url: address, pid, kind, clients, requests }: LoadCommand): Promise<LoadReply> {
  const url = new URL(address);
  const bodies = texts[kind].map((text) => postBytes(url, { inputs: text }));
  const warm = Math.max(WARM, clients);
  const latencies: number[] = [];
  let sent = 0;
  let answered = 0;
  let failed = 0;
  let began = { at: performance.now(), cpu: cpuMilliseconds(pid) };
  let ended = began;
  const counts = () => answered > warm && answered <= warm + requests;

  const client = async (): Promise<void> => {
    let connection = new Connection(url);
    while (answered < warm + requests) {
      const body = bodies[sent++ % bodies.length];
      if (body === undefined) break;
      const start = performance.now();
      const status = await connection.send(body);
      const now = performance.now();
      answered++;
      if (counts() && status === 200) latencies.push(now - start);
      if (counts() && status !== 200) failed++;
      if (answered === warm) began = { at: now, cpu: cpuMilliseconds(pid) };
      if (answered === warm + requests) ended = { at: now, cpu: cpuMilliseconds(pid) };
      if (connection.broken) connection = new Connection(url);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return {
    milliseconds: ended.at - began.at,
    cpuMilliseconds: ended.cpu - began.cpu,
    latencies,
    failed,
  };
}
