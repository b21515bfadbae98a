/** Where in a document something stands, by its keys. */
export type Path = readonly PropertyKey[];
/** Takes a fault: where it is, what it is and what to do. */
export type Report = (path: Path, what: string) => void;
