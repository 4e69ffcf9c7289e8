/** A process whose output nobody reads any more, such as `pilotlight predict | head -1`, ends or goes on. */
import { EXIT } from './command.ts';

/** It ends, quietly: there is nobody to work for. */
export function endWithoutReader(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok);
      throw error;
    });
  }
}

/** It goes on without a log: clients of a service do not read its output. */
export function goOnWithoutReader(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) stream.removeAllListeners('error').on('error', () => {});
}
