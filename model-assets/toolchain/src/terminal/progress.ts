import { styleText } from 'node:util';
import type { Progress } from '../progress.ts';
import type { Output } from './command.ts';
import { duration } from './table.ts';

const BAR_CELLS = 24;

/** One line per stage with its time: drawn as a moving bar on a terminal, written once when done elsewhere. */
export function terminalProgress(stream: Output): Progress {
  let drawn = '';
  const draw = (name: string, done: number): void => {
    const cells = Math.round(Math.min(Math.max(done, 0), 1) * BAR_CELLS);
    if (drawn === `${name} ${cells}`) return;
    drawn = `${name} ${cells}`;
    const bar = styleText('cyan', '█'.repeat(cells), { stream }) + '░'.repeat(BAR_CELLS - cells);
    stream.write(`\r\x1b[2K  ${name.padEnd(22)} ${bar}`);
  };
  return {
    async stage(name, work) {
      const start = performance.now();
      if (stream.isTTY) draw(name, 0);
      try {
        const result = await work((done) => {
          if (stream.isTTY) draw(name, done);
        });
        const mark = styleText('green', '✓', { stream });
        stream.write(
          `${stream.isTTY ? '\r\x1b[2K' : ''}${mark} ${name.padEnd(22)} ${duration(performance.now() - start)}\n`,
        );
        return result;
      } catch (error) {
        const mark = styleText('red', '✗', { stream });
        stream.write(`${stream.isTTY ? '\r\x1b[2K' : ''}${mark} ${name}\n`);
        throw error;
      }
    },
  };
}
