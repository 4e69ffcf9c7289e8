/** Refuses graphs that bring functions of their own: to open such a graph may take without end, and nothing stops native code. */
import { readSync } from 'node:fs';
import { EngineError } from '@pilotlight/model-format/errors';
import { withRegularFile } from '@pilotlight/model-format/internal/package/regular-file';

/** The field of onnx.proto3's model that holds functions. */
const FUNCTIONS = 25;
/** Fields of a model; those of published ones have some ten. Each costs a read. */
const MOST_FIELDS = 10_000;
/** The longest tag and length. */
const HEAD_BYTES = 20;

/**
 * Looks for functions of the model's own among its fields; the graph itself, which is one of them, is not read. Functions that
 * call one another ten times each are ten times as many nodes with every further one. ONNX Runtime puts their nodes in their
 * place when it optimises a graph, so that no package has any. See ADR-loops.md.
 *
 * @throws EngineError PACKAGE_INVALID
 */
export function refuseFunctions(path: string): void {
  withRegularFile(path, (file) => {
    const head = Buffer.alloc(HEAD_BYTES);
    let position = 0;
    for (let fields = 0; fields < MOST_FIELDS; fields++) {
      const read = readSync(file, head, 0, HEAD_BYTES, position);
      if (read === 0) return;
      const field = readHead(head.fill(0, read));
      if (field === undefined) return;
      if (field.number === FUNCTIONS) throw refusal('functions of its own');
      position += field.bytes;
    }
    throw refusal(`more than ${MOST_FIELDS} fields`);
  });
}

/** Number and size of a field, its head included; undefined where no protobuf has such a field. */
function readHead(head: Buffer): { readonly number: number; readonly bytes: number } | undefined {
  const tag = readVarint(head, 0);
  // Protobuf keeps 32 bits of a tag.
  const bits = tag.value % 2 ** 32;
  const number = Math.floor(bits / 8);
  if (number === 0) return undefined;
  const next = readVarint(head, tag.bytes);
  switch (bits % 8) {
    case 0:
      return { number, bytes: tag.bytes + next.bytes };
    case 1:
      return { number, bytes: tag.bytes + 8 };
    case 2:
      return { number, bytes: tag.bytes + next.bytes + next.value };
    case 3:
    case 4:
      // The begin and the end of a group, whose fields are looked at like those around it.
      return { number, bytes: tag.bytes };
    case 5:
      return { number, bytes: tag.bytes + 4 };
    default:
      return undefined;
  }
}

function readVarint(head: Buffer, start: number): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let bytes = 0; bytes < HEAD_BYTES / 2; bytes++) {
    const byte = head.readUInt8(start + bytes);
    value += (byte & 0x7f) * 2 ** (7 * bytes);
    if (byte < 0x80) return { value, bytes: bytes + 1 };
  }
  return { value, bytes: HEAD_BYTES / 2 };
}

function refusal(what: string): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `Its graph has ${what}, and to open it may take without end. Package the model again.`,
  );
}
