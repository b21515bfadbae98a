/** What is synthesised of which workflows, as far as they are there. */
export const SETS = [
  { file: 'prospecting_conversations', workflows: /^prospecting/, calls: 520, form: false },
  { file: 'application_forms', workflows: /^(underwriting|life)/, calls: 210, form: true },
  { file: 'fnol_cases', workflows: /^claims/, calls: 200, form: false },
  { file: 'piano_removal_conversations', workflows: /^piano_removal/, calls: 200, form: false },
] as const;
