/** The name of a generated text in the answers of Hugging Face's pipelines. */
export function textName(task: string): 'generated_text' | 'summary_text' | 'translation_text' {
  if (task === 'summarization') return 'summary_text';
  return task === 'translation' ? 'translation_text' : 'generated_text';
}
