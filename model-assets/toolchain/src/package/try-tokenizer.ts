/** Finds out whether a tokenizer can be used, in a process of its own: the library ends its process where memory fails it, and hangs. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TokenRequest } from '@pilotlight/engine';
import { siblingModule } from '@pilotlight/engine/internal/session/sibling-module';
import { ToolchainError } from '../errors.ts';
import type { TokenizerTrial } from './tokenizer-trial.ts';

/** The largest tokenizers open in a second, and goldens take as long. */
const TIME_LIMIT_MS = 30_000;
/** Four times what the largest tokenizers take. */
const MEMORY_LIMIT_BYTES = 2 * 2 ** 30;

/**
 * Opens tokenizer.json at `file` and encodes the requests. Throws SOURCE_INVALID, with the reason, where that fails, takes too long or too
 * much memory, or ends the process.
 */
export async function tryTokenizer(
  file: string,
  requests: readonly TokenRequest[],
  { timeLimitMs = TIME_LIMIT_MS, memoryLimitBytes = MEMORY_LIMIT_BYTES } = {},
): Promise<void> {
  const entry = fileURLToPath(siblingModule('tokenizer-trial', import.meta.url));
  const child = spawn(process.execPath, [entry], {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: timeLimitMs,
    killSignal: 'SIGKILL',
  });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }));
  });
  // A process that ends before it has read everything says so by its exit.
  child.stdin.on('error', () => {});
  const trial: TokenizerTrial = {
    file,
    requests: requests.map(({ text: first, pair }) => ({ text: first, pair })),
    memoryLimitBytes,
  };
  child.stdin.end(JSON.stringify(trial));
  const [{ code, signal }, output] = await Promise.all([ended, text(child.stderr)]).finally(() =>
    process.off('exit', end),
  );
  if (code === 0) return;
  const said = output.trim().split('\n').at(-1)?.slice(0, 300) || undefined;
  throw new ToolchainError('SOURCE_INVALID', `The tokenizer cannot be used: ${explain()}.`);

  function explain(): string {
    if (child.killed) return `it takes longer than ${timeLimitMs / 1000} s`;
    if (said !== undefined && (code === 1 || signal === 'SIGKILL')) return said;
    return `it ends the process that runs it (${signal ?? code}${said ? `: ${said}` : ''})`;
  }
}
