/** `pilotlight bench` in a clone. What it measures is loaded only where it is asked to. */
import { defineCommand } from 'pilotlight/internal/kit/command';
import { MEASUREMENTS, OPTIONS, parseArguments } from './arguments.ts';

const APART: readonly string[] = ['lambda', 'gpu', 'peers', 'quality', 'allennlp', 'generate'];

export const command = defineCommand({
  summary: 'measure Pilotlight against its peers, in a clone of the repository',
  usage: [
    `${MEASUREMENTS.filter((name) => !APART.includes(name)).join('|')}|all|gpu|peers|quality|allennlp|generate [OPTIONS]`,
  ],
  description: `Compares Pilotlight with @huggingface/transformers on the same weights, and with the limit that ONNX
Runtime sets, in fresh processes and in alternating order.

  cold      process start to first prediction, page cache warm, int8 and fp32
  warm      single calls of 16 and 128 tokens
  bulk      1,024 texts of mixed lengths
  memory    resident memory after load, and its growth over 10,000 requests
  batch     a file in S3 through the batch function, and its memory as files grow
  tasks     zero-shot with ten labels, embeddings, a question over 4,000 tokens
  load      the long-lived server under 64 clients, with batches and without
  soak      memory of that server while it is as busy as it can be, for ten minutes
  streams   64 clients that stream texts from that server for five minutes, of which a third leave:
            its memory, its event loop, its slots, and its end by SIGTERM
  burst     1,000 requests to a web function and to the predict function, in bursts of 64, from zero
  gpu       texts of 128 tokens in batches of several sizes, on the GPU in fp16 and on the CPU, for
            models of 110M and 335M parameters; needs a GPU
  peers     servers and libraries outside Node on the same weights, where they are installed:
            text-embeddings-inference, onnxruntime in Python, sentence-transformers, FastAPI; and
            another checkout, by --base
  quality   what int8 costs a trained checkpoint: cosines, nearest neighbours, labels, and what it
            gains in time
  allennlp  packages of AllenNLP archives beside AllenNLP itself, where --python has it: first
            prediction, memory, single predictions and batches, beams in one process and in two
  generate  models that generate text beside transformers.js, beside PyTorch where --python has it,
            and beside node-llama-cpp where --llama has it: greedy and with beams, one text and
            many, calls that join and leave, streams, prompts that begin alike, beams in one process
            and in two
  all       all of these but gpu, peers, quality, allennlp and generate, and cold --lambda, one
            after the other`,
  options: OPTIONS,
  examples: ['pilotlight bench cold', 'pilotlight bench warm --model tiny --rounds 1 --json'],
  run: async (line, { stdout }) => {
    const options = parseArguments(line);
    await (await import('./measure-all.ts')).measureAll(options, stdout);
    return undefined;
  },
});
