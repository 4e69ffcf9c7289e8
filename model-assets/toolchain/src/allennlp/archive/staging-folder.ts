/**
 * The folder that an archive is unpacked into: it is removed when the archive is closed, or when the process ends. Those that killed processes
 * left behind are removed before.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '@pilotlight/model-format/internal/package/system';

export interface StagingFolder {
  readonly path: string;
  remove(): void;
}

const NAME = /^\.pilotlight-archive-(\d+)-/;

/** Makes a folder in that of temporary files. */
export function makeStagingFolder(): StagingFolder {
  removeAbandoned(tmpdir());
  const path = mkdtempSync(join(tmpdir(), `.pilotlight-archive-${process.pid}-`));
  const discard = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', discard);
  return {
    path,
    remove() {
      process.off('exit', discard);
      discard();
    },
  };
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // It belongs to another user, who may remove it.
    }
  }
}
