/** The folder that an archive is unpacked into: it is removed when the archive is closed, or when the process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StagingFolder {
  readonly path: string;
  remove(): void;
}

/** Makes a folder in `parent`. @default parent - that of temporary files */
export function makeStagingFolder(parent: string = tmpdir()): StagingFolder {
  const path = mkdtempSync(join(parent, '.pilotlight-archive-'));
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
