import type { Path } from '../yaml_file.ts';

export type { Path };
/** Takes a fault: where it is, what it is and what to do. */
export type Report = (path: Path, what: string) => void;
