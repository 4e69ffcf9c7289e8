import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const GIT_MS = 2_000;

/** Who does something, for the history: the actor of a workflow, else the address that git has, else the user of this machine. */
export async function whoAmI(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const { GITHUB_ACTOR, GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment;
  if (GITHUB_ACTOR && GITHUB_RUN_ID) return `${GITHUB_ACTOR} (${GITHUB_REPOSITORY} run ${GITHUB_RUN_ID})`;
  return (await gitAddress()) ?? userName();
}

async function gitAddress(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['config', 'user.email'], { timeout: GIT_MS });
    return stdout.trim() || undefined;
  } catch {
    // There is no git here, or it has no address.
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
