import { BatchError } from '../errors.ts';
import { NO_PROGRESS, type Progress } from '../file/parts.ts';
import { type FileJob, predictFile } from '../file/predict-file.ts';
import type { TimeBox } from './deadline.ts';
import type { Output } from './output.ts';

/** How far a file has got, and why no further: its end, the end of the time, or an error. */
export type Written = { readonly progress: Progress } & (
  | { readonly end: 'file' | 'time' }
  | { readonly end: 'error'; readonly error: unknown }
);

/**
 * Writes parts until the file or the time ends; ends the time box. One part is on its way to S3 while the next is
 * predicted; they arrive in order, so that the last one there says how far the file has got. Where not even one part could be
 * written in time, be it that something never ends, the error is BatchError OUT_OF_TIME.
 */
export async function writeParts(job: FileJob, output: Output, time: TimeBox): Promise<Written> {
  let progress = job.from ?? NO_PROGRESS;
  let writing = Promise.resolve();
  let wrote = false;
  const parts = predictFile(job);
  try {
    for (;;) {
      const next = await time.within(parts.next());
      if (next.done) break;
      const part = next.value;
      await time.within(writing);
      writing = output.putPart(part).then(() => {
        progress = part.progress;
      });
      writing.catch(() => undefined);
      wrote = true;
      if (!time.suffices()) {
        await time.within(writing);
        return { progress, end: 'time' };
      }
    }
    await time.within(writing);
    return { progress, end: 'file' };
  } catch (error) {
    const [last] = await Promise.allSettled([time.within(writing)]);
    if (last.status === 'rejected') return { progress, end: 'error', error: last.reason };
    if (!time.signal.aborted) return { progress, end: 'error', error };
    return wrote ? { progress, end: 'time' } : { progress, end: 'error', error: outOfTime(job, error) };
  } finally {
    time.end();
    // Not awaited: a source that neither ends nor heeds the signal is left behind.
    parts.return(undefined).catch(() => undefined);
  }
}

function outOfTime({ partRows }: FileJob, cause: unknown): BatchError {
  return new BatchError(
    'OUT_OF_TIME',
    `A part of ${partRows} rows is more than one invocation can do. Give the function more time, or set PILOTLIGHT_BATCH_PART_ROWS lower.`,
    { cause },
  );
}
