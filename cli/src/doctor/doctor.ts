/** `pilotlight doctor`: what this machine has, and what stands in the way. */

import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import type { CommandLine } from '../kit/options.ts';
import { printable } from '../kit/style.ts';
import { type Cell, table } from '../kit/table.ts';
import { judgeAll, type NamedFinding } from './checks/index.ts';
import type { Status } from './finding.ts';
import { gatherFacts } from './gather.ts';
import type { OPTIONS } from './options.ts';

/** Gives the exit code 1 where a check fails. @throws CliError USAGE */
export async function doctor(
  { values, positionals }: CommandLine<typeof OPTIONS>,
  { stdout }: Terminal,
): Promise<number> {
  if (positionals.length > 0) throw usageError(`doctor takes no argument, but got '${positionals[0]}'.`);
  const findings = judgeAll(await gatherFacts({ packages: values.packages, offline: values.offline }));
  const status = worst(findings);
  stdout.write(`${values.json ? JSON.stringify({ status, checks: findings }, null, 2) : report(findings)}\n`);
  return status === 'failure' ? EXIT.failed : EXIT.ok;
}

/** The worst of the findings; what is unknown is no fault. */
function worst(findings: readonly NamedFinding[]): 'ok' | 'warning' | 'failure' {
  const has = (wanted: Status) => findings.some(({ status }) => status === wanted);
  if (has('failure')) return 'failure';
  return has('warning') ? 'warning' : 'ok';
}

const CELLS: Readonly<Record<Status, Cell>> = {
  ok: { text: 'ok', style: 'green' },
  warning: { text: 'warning', style: 'yellow' },
  failure: { text: 'failure', style: 'red' },
  unknown: { text: '-', style: 'dim' },
};

export function report(findings: readonly NamedFinding[]): string {
  const rows = findings.map(({ check, status, found }): Cell[] => [check, CELLS[status], found]);
  const advice = findings.flatMap(({ check, advice: words }) =>
    words === undefined ? [] : [`${check}: ${printable(words)}`],
  );
  const columns = [{ title: 'CHECK' }, { title: '' }, { title: 'FOUND' }];
  return [table(columns, rows), ...(advice.length > 0 ? ['', 'What to do', ...advice] : [])].join('\n');
}
