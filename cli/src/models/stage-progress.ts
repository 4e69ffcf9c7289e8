import type { Progress } from '@pilotlight/toolchain';
import type { Output } from '../kit/command.ts';
import { ProgressBar } from '../kit/progress.ts';
import { paint, printable } from '../kit/style.ts';
import { duration } from '../kit/table.ts';

/** One line per stage with its time: drawn as a moving bar on a terminal, written once when done elsewhere. */
export function stageProgress(stream: Output): Progress {
  const bar = new ProgressBar(stream);
  return {
    async stage(name, work) {
      const start = performance.now();
      const title = name.padEnd(22);
      bar.show(0, title);
      try {
        const result = await work((share, bytes, note) => {
          if (note !== undefined) bar.show(share, `${title} ${note}`);
          else if (bytes === undefined) bar.show(share, title);
          else bar.transfer(title, bytes.done, bytes.all);
        });
        bar.clear();
        stream.write(
          `${paint('green', '✓', stream)} ${printable(title)} ${duration(performance.now() - start)}\n`,
        );
        return result;
      } catch (error) {
        bar.clear();
        stream.write(`${paint('red', '✗', stream)} ${printable(name)}\n`);
        throw error;
      }
    },
  };
}
