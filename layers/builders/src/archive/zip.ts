import { type Zippable, zipSync } from 'fflate';

/** The earliest time that a zip can hold. A zip knows no time zones, so midnight here is the same bytes anywhere. */
const fixedTime = () => new Date(1980, 0, 1);
const UNIX = 3;
/** A regular file that everybody may read; Lambda runs functions as a user of its own. */
const READABLE_FILE = (0o100644 << 16) >>> 0;

/** 0 stores, 6 is the usual trade of time for size. */
export type CompressionLevel = 0 | 6;

/**
 * A zip whose bytes depend on paths and contents alone. The compressor is fflate's because it is the same JavaScript
 * on every machine; the output of Node's zlib differs with the processor.
 */
export function reproducibleZip(
  contents: ReadonlyMap<string, Uint8Array>,
  level: CompressionLevel,
): Uint8Array {
  const sorted: Zippable = {};
  for (const path of [...contents.keys()].sort()) {
    const content = contents.get(path);
    if (content !== undefined) sorted[path] = [content, { level }];
  }
  return zipSync(sorted, { mtime: fixedTime(), os: UNIX, attrs: READABLE_FILE });
}
