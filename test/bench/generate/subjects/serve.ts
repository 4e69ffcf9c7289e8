/** Answers the commands of `bench generate`. */
import { createInterface } from 'node:readline';
import type { GenerateCommand, GenerateConfig, GenerateReply } from '../protocol.ts';

const MICROSECONDS = 1000;

export type Generate = (
  prompts: readonly (readonly number[])[],
  tokens: number,
  beams: number,
) => Promise<readonly (readonly number[])[]>;

/** Measures what gives the new tokens of each prompt. */
export async function measure(work: () => ReturnType<Generate>): Promise<GenerateReply> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const ids = await work();
  const { user, system } = process.cpuUsage(used);
  return { milliseconds: performance.now() - start, cpuMilliseconds: (user + system) / MICROSECONDS, ids };
}

export const readConfig = (): GenerateConfig => JSON.parse(process.argv.at(-1) ?? '{}');

export async function serve(answer: (command: GenerateCommand) => Promise<object>): Promise<void> {
  say({ ready: true });
  for await (const line of createInterface(process.stdin)) say(await answer(JSON.parse(line)));
}

/** A process that does nothing but `generate`. */
export function serveGenerate(generate: Generate): Promise<void> {
  return serve((command) => {
    if (command.do !== 'generate') throw new TypeError(`This process does not do ${command.do}.`);
    return measure(() => generate(command.prompts, command.tokens, command.beams));
  });
}

function say(reply: object): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
