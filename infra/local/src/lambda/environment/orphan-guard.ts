/** A frozen process cannot see that its parent has died, so a shell watches for that and tidies up. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Reads `+ PID` and `- PID`; at the end of its input kills what is left and removes the folder `$1`. */
const SCRIPT = `
trap '' INT TERM HUP
alive=
while read -r sign pid; do
  rest=
  for other in $alive; do [ "$other" = "$pid" ] || rest="$rest $other"; done
  alive=$rest
  [ "$sign" = + ] && alive="$alive $pid"
done
[ -n "$alive" ] && kill -KILL $alive
chmod -R u+w "$1"
rm -rf "$1"
`;

export class OrphanGuard {
  readonly #shell: ChildProcess;

  /** `folder` is removed when this process has ended, however it did. */
  constructor(folder: string) {
    this.#shell = spawn('sh', ['-c', SCRIPT, 'sh', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.unref();
    // A guard that is gone guards nothing; the emulator goes on without it.
    this.#shell.stdin?.on('error', () => {});
  }

  watch(pid: number): void {
    this.#shell.stdin?.write(`+ ${pid}\n`);
  }

  release(pid: number): void {
    this.#shell.stdin?.write(`- ${pid}\n`);
  }

  end(): void {
    this.#shell.stdin?.end();
  }
}
