/** Starts the process of one measurement. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { siblingModule } from '@pilotlight/engine/internal/session/sibling-module';
import { LifecycleError } from '../errors.ts';
import { answerSchema, type Job, type JobAnswer } from './job.ts';

/** Lines of a process that failed, which its error repeats. */
const LINES = 3;

/** @throws LifecycleError MEASUREMENT_FAILED with what the process said, where it ends without an answer */
export async function runProcess(job: Job): Promise<JobAnswer> {
  const script = fileURLToPath(siblingModule('measure-process', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  try {
    return answerSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    const said = stderr
      .trim()
      .split('\n')
      .filter((line) => /\w*Error\b/.test(line))
      .slice(0, LINES)
      .join(' ');
    throw new LifecycleError(
      'MEASUREMENT_FAILED',
      `${job.name} could not be measured with ${job.batch} texts of ${job.tokens} tokens (${end})${said === '' ? '' : `: ${said}`}. Measure fewer or shorter ones with --batch and --tokens.`,
      { cause },
    );
  }
}
