/** How a subject, a script that runs on both processors, gives its results: the last line that it prints. */
const MARK = 'RESULTS ';

export function writeResults(results: unknown): void {
  process.stdout.write(`${MARK}${JSON.stringify(results)}\n`);
}

/** Finds the results in what a subject printed; throws where there are none. */
export function readResults(stdout: string): unknown {
  const line = stdout.split('\n').findLast((text) => text.startsWith(MARK));
  if (line === undefined) throw new TypeError(`A subject gave no results: ${stdout.slice(-500)}`);
  return JSON.parse(line.slice(MARK.length));
}
