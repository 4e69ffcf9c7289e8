/** The report on the machine and the choice: for the log, for /metrics and for a person who repairs a machine. */
import type { ExecutionProvider } from '@pilotlight/engine';
import type { Requirement } from '@pilotlight/engine/internal/session/provider-requirements';

/** One execution provider that was looked at. */
export interface ProviderCandidate {
  readonly provider: ExecutionProvider;
  /** Whether it ran a tiny graph, and gave what the graph gives. */
  readonly works: boolean;
  /** Milliseconds that the process of the trial took. @default - there was no trial */
  readonly ms?: number;
  /** Why it does not work, in the words of the dynamic loader or of ONNX Runtime where there was a trial. @default - it works */
  readonly reason?: string;
  /** The remedy. @default - it works, or nobody knows */
  readonly advice?: string;
}

/** The choice of the execution provider, as it was made once at the start of the process. */
export interface ExecutionProviderReport {
  /** Nothing where no provider is good enough for the settings. */
  readonly chosen?: ExecutionProvider;
  /** Whether PILOTLIGHT_EXECUTION_PROVIDER named it, so that no other one was looked at. */
  readonly forced: boolean;
  /** In the order of preference; the CPU needs no trial. */
  readonly candidates: readonly ProviderCandidate[];
  /** The needs of the candidates, and which of them are met; empty for a forced CPU. */
  readonly requirements: readonly Requirement[];
}

/** The report as text for a terminal or a log of the container. */
export function reportText({ chosen, forced, candidates, requirements }: ExecutionProviderReport): string {
  const rows = requirements.map(({ of, name, wanted, found, met }) => [
    of,
    name,
    wanted,
    found,
    met ? 'yes' : 'NO',
  ]);
  const tried = candidates.map(({ provider, works, ms, reason }) => {
    const time = ms === undefined ? '' : ` (${Math.round(ms)} ms)`;
    return `  ${provider}: ${works ? 'works' : (reason ?? 'does not work')}${time}`;
  });
  const advice = [
    ...requirements.map(({ of, advice }) => ({ of, advice })),
    ...candidates.map(({ provider, advice }) => ({ of: provider, advice })),
  ].flatMap(({ of, advice }) => (advice === undefined ? [] : [`  - ${of}: ${advice}`]));
  const lines = [
    `Execution provider: ${chosen ?? 'none'}${forced ? ', as PILOTLIGHT_EXECUTION_PROVIDER says' : ''}`,
    ...(tried.length > 0 ? ['', 'Tried:', ...tried] : []),
    ...(rows.length > 0 ? ['', ...columns([['for', 'part', 'wanted', 'found', 'met'], ...rows])] : []),
    ...(advice.length > 0 ? ['', 'What to do:', ...advice] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Rows of a table, each cell as wide as the widest of its column. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
