import { OPTIONS } from '../doctor/options.ts';
import { defineCommand } from '../kit/command.ts';

export const command = defineCommand({
  summary: 'look at this machine: what models need of it, and what to do about what is missing',
  usage: ['[OPTIONS]'],
  description:
    'Looks at Node, the processor and what it means for int8, memory and its limits, open files, disks, ONNX Runtime and the packages, layers, the GPU and its libraries, credentials and region of AWS, and the clock. Nothing is changed, and no secret is printed.',
  options: OPTIONS,
  notes: 'The exit code is 1 where a check fails. A warning is no failure.',
  examples: ['pilotlight doctor', 'pilotlight doctor --offline --json'],
  run: async (line, terminal) => (await import('../doctor/doctor.ts')).doctor(line, terminal),
});
