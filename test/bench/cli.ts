/** `npm run bench`: see arguments.ts for what it takes. */
import { availableParallelism } from 'node:os';
import { PilotlightError } from '@pilotlight/engine';
import { HELP, type Measurement, parseArguments } from './arguments.ts';
import { checkAnswers } from './check-answers.ts';
import { describeMachine } from './machine.ts';
import { measureBulk } from './measure/bulk.ts';
import { measureCold } from './measure/cold.ts';
import type { Context } from './measure/context.ts';
import { measureMemory } from './measure/memory.ts';
import { measureWarm } from './measure/warm.ts';
import { prepare, shapeOf } from './prepare.ts';
import { Progress } from './progress.ts';
import { terminalReport } from './report/terminal.ts';
import { keepResult, writeDocs } from './report/write.ts';
import type { Measured, Result } from './results.ts';

/** Threads on each side: what a Lambda function of 3,538 MB has. */
const THREADS = 2;

const MEASURES: Record<Measurement, { rounds: number; measure: (context: Context) => Promise<Measured> }> = {
  cold: { rounds: 15, measure: measureCold },
  warm: { rounds: 15, measure: measureWarm },
  bulk: { rounds: 5, measure: measureBulk },
  memory: { rounds: 5, measure: measureMemory },
};

async function main(): Promise<void> {
  const options = parseArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const progress = new Progress();
  const prepared = await prepare(shapeOf(options.model), progress);
  const threads = Math.min(THREADS, availableParallelism());
  await checkAnswers(prepared, threads);
  const results: Result[] = [];
  for (const measurement of options.measurements) {
    const { measure, rounds: usual } = MEASURES[measurement];
    const rounds = options.rounds ?? usual;
    const machine = describeMachine();
    const measured = await measure({ prepared, threads, rounds, requests: options.requests, progress });
    const result: Result = { measurement, model: prepared.model, rounds, threads, machine, ...measured };
    keepResult(result);
    results.push(result);
    if (!options.json) process.stdout.write(`${terminalReport(result)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (options.write) writeDocs(prepared.model);
}

try {
  await main();
} catch (error) {
  if (!PilotlightError.is(error)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
