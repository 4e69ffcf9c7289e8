#!/usr/bin/env node
/** `pilotlight COMMAND`: everything that people type. */
import { readFileSync, realpathSync } from 'node:fs';
import { COMMANDS } from './commands/index.ts';
import type { Terminal } from './kit/command.ts';
import { endWithoutReader } from './kit/lost-reader.ts';
import { type Program, runCommand } from './kit/run-command.ts';

const PROGRAM: Program = {
  name: 'pilotlight',
  get version() {
    return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
  },
  commands: {
    summary: 'serverless NLP inference: package a model, predict, serve, deploy',
    commands: COMMANDS,
  },
  options: { version: { type: 'boolean', short: 'V', help: 'print the version' } },
  examples: [
    'pilotlight start',
    'pilotlight predict --model sentiment "I love this" --json',
    'pilotlight models add ./my-checkpoint --name reviews',
    'pilotlight init my-nlp',
  ],
};

/** Runs one command line and gives its exit code. */
export function main(args: readonly string[], terminal: Terminal): Promise<number> {
  return runCommand(PROGRAM, args, terminal);
}

/** Node 22 has no `import.meta.main`, and npm starts a command by a link to its file. */
function isStarted(): boolean {
  const [, script] = process.argv;
  return script !== undefined && realpathSync(script) === import.meta.filename;
}

if (isStarted()) {
  endWithoutReader([process.stdout, process.stderr]);
  process.exitCode = await main(process.argv.slice(2), process);
}
