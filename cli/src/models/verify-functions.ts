/** `models verify --function`: deployed functions run their goldens where they are, and are judged as before a canary. */
import { EVERY_GOLDEN, isVersionOf, judge, type Verdict } from '@pilotlight/app/internal/aws/golden-verdict';
import { lambdaInvoker } from '@pilotlight/app/internal/aws/lambda-invoker';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import type { VerifyLine } from './verify-options.ts';

/** The longest time that Lambda gives an invocation. */
const LIMIT_MS = 900_000;
/** Deviation over tolerance: what a package promises. */
const TOLERATED_DRIFT = 1;
const FUNCTION = /^(?:arn:[\w-]+:lambda:(?<region>[\w-]+):\d{12}:function:)?[\w-]+:[\w$-]+$/;

interface FunctionVerdict extends Verdict {
  readonly function: string;
}

/** Gives the exit code 1 where a golden is answered otherwise, or a model is in no function. @throws CliError USAGE */
export async function verifyFunctions(
  deployed: string,
  { values, positionals: wanted }: VerifyLine,
  { stdout }: Terminal,
): Promise<number> {
  const verdicts = await Promise.all(deployed.split(',').map(verifyFunction));
  const models = verdicts.flatMap((verdict) => verdict.models);
  const missing = wanted.filter((name) => !models.some((ref) => isVersionOf(ref, name)));
  stdout.write(
    `${values.json ? JSON.stringify({ verdicts, missing }, null, 2) : report(verdicts, missing)}\n`,
  );
  const proven = missing.length === 0 && verdicts.every(({ faults }) => faults.length === 0);
  return proven ? EXIT.ok : EXIT.failed;
}

async function verifyFunction(name: string): Promise<FunctionVerdict> {
  const found = FUNCTION.exec(name.trim());
  if (found === null) {
    throw usageError(
      `--function takes the ARN of an alias or a version, or several with commas between: not '${name}'.`,
    );
  }
  const region = found.groups?.region;
  const invoke = lambdaInvoker({ maxAttempts: 5, ...(region !== undefined && { region }) });
  const invocation = await invoke(found[0], EVERY_GOLDEN, AbortSignal.timeout(LIMIT_MS));
  return { function: found[0], ...judge(invocation, { models: [], toleratedDrift: TOLERATED_DRIFT }) };
}

function report(verdicts: readonly FunctionVerdict[], missing: readonly string[]): string {
  return [
    ...verdicts.flatMap(({ function: name, faults, models, goldens, drift }) =>
      faults.length === 0
        ? `${name}: proven by ${goldens} goldens of ${models.join(', ')}; the largest deviation is ${drift.toPrecision(2)} of what is tolerated`
        : faults.map((fault) => `${name}: ${describe(fault)}`),
    ),
    ...missing.map((model) => `${model}: in none of these functions`),
  ].join('\n');
}

function describe({ message, model, line, drift, problem }: Verdict['faults'][number]): string {
  const where = [model, line === undefined ? undefined : `line ${line} of its goldens`]
    .filter(Boolean)
    .join(', ');
  const what = problem ?? (drift === undefined ? undefined : `${drift.toPrecision(2)} of what is tolerated`);
  return [where, message, what].filter(Boolean).join(': ');
}
