/** An output that one command at a time writes, and that is there with all its rows or as it was before. */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError } from '../kit/errors.ts';
import { takeClaim } from './claim.ts';

const TOKEN_BYTES = 6;
const TOKEN = /^[0-9a-f]{12}$/;

export interface OutputFile {
  /** Writes after what is written. @throws CliError FILE_UNWRITABLE */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives it its name, in place of the file that has it. @throws CliError FILE_UNWRITABLE, OUTPUT_TAKEN */
  publish(): Promise<void>;
  /** Removes what was not published. */
  close(): Promise<void>;
}

/**
 * Claims `output`, by `<output>.unfinished`, and opens the file that is to become it, which has a name of its own. What
 * commands have left that were killed is removed.
 *
 * @throws CliError FILE_UNWRITABLE; OUTPUT_TAKEN while another command writes this output
 */
export async function openOutput(output: string): Promise<OutputFile> {
  const target = await during(output, () => findTarget(output));
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const unfinished = (of: string) => `${target}.unfinished-${of}`;
  const claim = await during(output, () =>
    takeClaim({
      path: `${target}.unfinished`,
      token,
      clear: async (gone) => {
        if (TOKEN.test(gone.token)) await rm(unfinished(gone.token), { force: true });
      },
    }),
  );
  if ('heldBy' in claim) throw taken(output, claim.heldBy);
  try {
    const file = await during(output, () => open(unfinished(token), 'wx'));
    return {
      write: (bytes) => during(output, () => file.appendFile(bytes)),
      publish: () =>
        during(output, async () => {
          await file.sync();
          if (!(await claim.isHeld())) throw taken(output, 0);
          await rename(unfinished(token), target);
        }),
      close: async () => {
        await file.close();
        await rm(unfinished(token), { force: true });
        await claim.release();
      },
    };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** The file that is replaced, which a link may lead to; it need not be there. @throws CliError FILE_UNWRITABLE */
async function findTarget(output: string): Promise<string> {
  const found = await stat(output).catch(() => undefined);
  if (!found) return resolve(output);
  if (found.isFile()) return realpath(output);
  throw new CliError('FILE_UNWRITABLE', `${output} is no file, and would be replaced by one.`);
}

async function during<Result>(output: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    const reason = 'code' in cause ? String(cause.code) : cause.message;
    throw new CliError('FILE_UNWRITABLE', `${output} cannot be written (${reason}).`, { cause });
  }
}

function taken(output: string, pid: number): CliError {
  const who = pid > 0 ? `Another command (process ${pid})` : 'Another command';
  return new CliError(
    'OUTPUT_TAKEN',
    `${who} writes ${output}. Wait until it has ended, or name another file with --output.`,
  );
}
