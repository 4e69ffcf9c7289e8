/** Lines of help and advice name a command the way its user called it. */
import { basename } from 'node:path';

/** Finds out how this process was started: by a script of a clone, by npx, or by its own name. */
function way(): 'npm' | 'npx' | 'name' {
  const { npm_command: command, npm_package_name: project } = process.env;
  const program = basename(process.argv[1] ?? '');
  if (program === 'pilotlight' && command === 'exec') return 'npx';
  return program === 'main.ts' && project === 'pilotlight-workspace' ? 'npm' : 'name';
}

/** `pilotlight start --port 9000` becomes `npm start -- --port 9000` for somebody who typed `npm start`. */
export function asCalled(line: string): string {
  switch (way()) {
    case 'npx':
      return line.replaceAll(/\bpilotlight(?= )/g, 'npx pilotlight');
    case 'npm':
      return line
        .split('\n')
        .map((one) => asScript(one))
        .join('\n');
    case 'name':
      return line;
  }
}

/** npm prints lines before the output, and a program that reads JSON cannot skip them, so `--json` asks npm to be silent. */
function asScript(line: string): string {
  const silent = line.includes(' --json') ? ' --silent' : '';
  return line.replaceAll(/\bpilotlight ([a-z]\w*)( (?=\S))?/g, (_, name: string, more?: string) => {
    const script = name === 'start' ? `npm${silent} start` : `npm run${silent} ${name}`;
    return more === undefined ? script : `${script} -- `;
  });
}
