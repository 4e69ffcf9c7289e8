import { BatchError } from '../errors.ts';

const UTF_16 = 'The file is UTF-16. Save it as UTF-8.';

/** How content begins that is no text in UTF-8; none of it is valid UTF-8 but the last. */
const REFUSED: readonly (readonly [signature: Buffer, message: string])[] = [
  [Buffer.of(0xff, 0xfe), UTF_16],
  [Buffer.of(0xfe, 0xff), UTF_16],
  [
    Buffer.of(0x1f, 0x8b),
    'The content begins as gzip does (1f 8b), and neither its name nor its Content-Encoding says so. Name it .jsonl.gz or .csv.gz, or store it with Content-Encoding: gzip.',
  ],
  [
    Buffer.of(0x28, 0xb5, 0x2f, 0xfd),
    'The content begins as zstd does (28 b5 2f fd). Compress it with gzip, or not at all.',
  ],
  [
    Buffer.of(0xfd, 0x37, 0x7a, 0x58),
    'The content begins as xz does (fd 37 7a 58). Compress it with gzip, or not at all.',
  ],
  [
    Buffer.of(0x50, 0x4b, 0x03, 0x04),
    'The content begins as a zip file does (50 4b 03 04). Compress it with gzip, or not at all.',
  ],
];
const LONGEST = Math.max(...REFUSED.map(([{ length }]) => length));

/** Refuses as a whole, by its first bytes, content of which every row would be refused for its own sake. @throws BatchError NOT_UTF8 */
export async function* refuseByFirstBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (first === undefined) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length < LONGEST) continue;
      yield refuse(first);
      first = undefined;
    }
  }
  if (first !== undefined) yield refuse(first);
}

function refuse(first: Uint8Array): Uint8Array {
  const bytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  const found = REFUSED.find(([signature]) => bytes.subarray(0, signature.length).equals(signature));
  if (found) throw new BatchError('NOT_UTF8', found[1]);
  if (isBareUtf16(bytes)) throw new BatchError('NOT_UTF8', UTF_16);
  return first;
}

/** Without a byte order mark: every second byte of characters of ASCII is zero. */
function isBareUtf16(bytes: Buffer): boolean {
  const zeros = Array.from(bytes.subarray(0, LONGEST), (byte) => byte === 0).join();
  return zeros === 'true,false,true,false' || zeros === 'false,true,false,true';
}
