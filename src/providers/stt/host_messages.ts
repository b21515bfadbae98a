import type { ErrorCode } from '../../config/errors.ts';
import type { Recognition } from '../types.ts';

/** Parent → recogniser process. Ids name utterances; a grammar is sent once before its first use. */
export type HostRequest =
  | { readonly type: 'grammar'; readonly grammarId: string; readonly jsgf: string }
  | {
      readonly type: 'open';
      readonly id: number;
      readonly rateHz: 8000 | 16000;
      readonly grammarId: string;
      readonly partials: boolean;
    }
  | { readonly type: 'audio'; readonly id: number; readonly pcm: Int16Array }
  /** What was said so far; `ask` tells several questions apart. */
  | { readonly type: 'settle'; readonly id: number; readonly ask: number }
  | { readonly type: 'finish'; readonly id: number }
  | { readonly type: 'cancel'; readonly id: number };

/** Recogniser process → parent. */
export type HostReply =
  | { readonly type: 'ready' }
  | { readonly type: 'partial'; readonly id: number; readonly text: string }
  | {
      readonly type: 'settled';
      readonly id: number;
      readonly ask: number;
      /** Undefined where the search failed. */
      readonly recognition: Recognition | undefined;
    }
  | { readonly type: 'final'; readonly id: number; readonly recognition: Recognition }
  | { readonly type: 'failed'; readonly id: number; readonly code: ErrorCode; readonly detail: string };
