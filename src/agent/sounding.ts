/** A stretch of agent speech on its way to the caller: its sound as far as it is there, and what is said in it. */
export interface Sounding {
  /** Its next sound, as soon as there is some; undefined at its end. Rejects where there should have been more. */
  next(): Promise<Int16Array | undefined>;
  /** The end of its first word in milliseconds of its sound; never, where that is not known yet. */
  readonly firstWordMs: number;
  /** The words heard to their end when `heardMs` of its sound was heard. */
  heard(heardMs: number): string;
  /** So much of its sound was heard at last. */
  close?(heardMs: number): void;
}

/** Speech that needs no voice of ours. */
export interface OwnSound {
  /** `onSound` is told when sound comes. */
  begin(onSound: () => void): Sounding;
}

/** Something to be said: a sentence for the voice, or what brings its own sound. */
export type Utterance = string | OwnSound;
