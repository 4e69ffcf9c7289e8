/** WAV files (RIFF), which transformers.js leaves to the browser to decode. */

/** Samples of one channel in [-1, 1]. */
export interface Recording {
  readonly samplingRate: number;
  /** `[samples]`, the mean of all channels. */
  readonly samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
/** The format is that of the first two bytes of the sub-format. */
const EXTENSIBLE = 0xfffe;

interface Format {
  readonly code: number;
  readonly channels: number;
  readonly samplingRate: number;
  readonly bits: number;
}

/** Reads 16-bit PCM and 32-bit float; undefined for any other WAV, and for one that is cut off before its samples. */
export function readWav(file: Uint8Array): Recording | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const id = view.getUint32(at);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (id === chunkId('fmt ') && size >= 16 && start + size <= view.byteLength)
      format = readFormat(view, start, size);
    if (id === chunkId('data') && format) {
      return readSamples(view, start, Math.min(size, view.byteLength - start), format);
    }
    at = start + size + (size % 2);
  }
  return undefined;
}

function readFormat(view: DataView, at: number, size: number): Format {
  const code = view.getUint16(at, true);
  return {
    code: code === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : code,
    channels: view.getUint16(at + 2, true),
    samplingRate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function readSamples(view: DataView, start: number, bytes: number, format: Format): Recording | undefined {
  const { code, channels, samplingRate, bits } = format;
  const sample = chooseReader(view, code, bits);
  if (!sample || channels === 0) return undefined;
  const width = bits / 8;
  const samples = new Float32Array(Math.floor(bytes / (width * channels)));
  for (let index = 0; index < samples.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += sample(start + (index * channels + channel) * width);
    }
    samples[index] = sum / channels;
  }
  return { samplingRate, samples };
}

function chooseReader(view: DataView, code: number, bits: number): ((at: number) => number) | undefined {
  if (code === PCM && bits === 16) return (at) => view.getInt16(at, true) / 32_768;
  if (code === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  return undefined;
}

function chunkId(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32BE();
}
