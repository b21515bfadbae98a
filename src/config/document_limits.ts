/** Limits of workflow documents, of LIMITS: what is more or longer is refused when a file is loaded, with its place. */
export const DOCUMENT_LIMITS = {
  /** Levels of lists and mappings in one another; deeper is refused before it is read. */
  documentDepth: 24,
  /** Files that include one another, the first one counted; deeper is an error. */
  includeDepth: 4,
  /** Files that a workflow includes, and the bytes of all together; more is an error. */
  includedFiles: 32,
  includedBytes: 2 << 20,
  /** Stages and slots of a workflow, and sentences that it may say in all; more are an error. */
  workflowStages: 256,
  workflowSlots: 256,
  workflowSentences: 5_000,
  /** What a text may become when its variables are put in, and all of a workflow; more is an error. */
  expandedText: 16_000,
  expandedCharacters: 4 << 20,
} as const;
