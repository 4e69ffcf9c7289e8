/**
 * Limits of Lambda ("Lambda quotas" in the Developer Guide,
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Where it says MB, it counts 1,048,576 bytes.
 */
const MEBIBYTE = 1_048_576;

/** "Deployment package: 250 MB, the maximum size of the contents, including layers, unzipped"; it must be smaller. */
export const UNZIPPED_LIMIT_BYTES = 250 * MEBIBYTE;

/** "Function layers: five layers", of which the runtime is one. */
export const LAYERS_OF_A_FUNCTION = 5;
export const MODEL_LAYERS = LAYERS_OF_A_FUNCTION - 1;

/** "Container image code package size: 10 GB, the maximum uncompressed image size, including all layers". */
export const IMAGE_LIMIT_BYTES = 10 * 1024 * MEBIBYTE;

/** An allowance for what an image holds beside ours: the system and Node of AWS's base image. */
export const BASE_IMAGE_BYTES = 600_000_000;

/** "/tmp directory storage: between 512 MB and 10,240 MB, in 1-MB increments"; the first 512 MB cost nothing. */
export const EPHEMERAL_STORAGE = { minimumMegabytes: 512, maximumMegabytes: 10_240 } as const;

/** Room that stays free in /tmp beside the fetched models, for its file system and for files that the function writes. */
export const EPHEMERAL_HEADROOM_MEGABYTES = 128;

/** Bytes that each place has left for models. */
export interface Rooms {
  readonly layer: number;
  readonly s3: number;
  readonly image: number;
}

/** Calculates the room that is left beside `bytes` of function and runtime layer, at least 0. */
export function roomsBeside(bytes: number): Rooms {
  const { maximumMegabytes } = EPHEMERAL_STORAGE;
  return {
    layer: Math.max(0, UNZIPPED_LIMIT_BYTES - 1 - bytes),
    s3: (maximumMegabytes - EPHEMERAL_HEADROOM_MEGABYTES) * MEBIBYTE,
    image: Math.max(0, IMAGE_LIMIT_BYTES - BASE_IMAGE_BYTES - bytes),
  };
}

/** Calculates the size of /tmp for fetched models of that many bytes, in Lambda's MB. */
export function ephemeralStorageMegabytes(bytes: number): number {
  const needed = Math.ceil(bytes / MEBIBYTE) + EPHEMERAL_HEADROOM_MEGABYTES;
  return Math.max(EPHEMERAL_STORAGE.minimumMegabytes, needed);
}
